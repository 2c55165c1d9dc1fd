import { beforeAll, expect, test } from 'vitest';
import { proveFilm } from '../../src/modules/files/service.ts';
import { film } from '../../src/sandbox/kit/film.ts';

let bytes: Buffer;
beforeAll(async () => {
  bytes = await film({ width: 320, height: 176, seconds: 2, fps: 24, prompt: 'waves', first: null, last: null });
});
const prove = (file: Buffer) => proveFilm(async (start, end) => file.subarray(start, end + 1), file.length);

test('a film says its size and length', async () => {
  expect(await prove(bytes)).toEqual({ mime: 'video/mp4', width: 320, height: 176, durationMs: 2_000 });
});

test('the same order gives the same bytes, another prompt another film', async () => {
  const order = { width: 320, height: 176, seconds: 2, fps: 24, prompt: 'waves', first: null, last: null };
  expect((await film(order)).equals(bytes)).toBe(true);
  expect((await film({ ...order, prompt: 'dunes' })).equals(bytes)).toBe(false);
});

test.each([0, 4, 20, 400, 2_000])('a film that broke off after %d bytes is none', async (length) => {
  expect(await prove(bytes.subarray(0, length))).toBeNull();
});

test('a film whose last bytes are missing is none, whatever its boxes say', async () => {
  expect(await prove(bytes.subarray(0, bytes.length - 1))).toBeNull();
});

test('a page, a picture and noise are no films', async () => {
  expect(await prove(Buffer.from('<html><body>Access denied</body></html>'))).toBeNull();
  expect(await prove(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))).toBeNull();
  const noise = Buffer.from(bytes);
  noise.fill(0xff, 40, 700);
  expect(await prove(noise)).toBeNull();
});
