import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAppHandler, resolveAppUrl } from '../../src/main/protocol/app-protocol.ts';
import { parseRange } from '../../src/main/protocol/byte-range.ts';
import { createMediaHandler, type MediaSources } from '../../src/main/protocol/media-protocol.ts';
import { serveFile } from '../../src/main/protocol/serve-file.ts';

let dir: string;
const at = (...parts: string[]): string => path.join(dir, ...parts);

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-protocol-'));
  await mkdir(at('renderer', 'assets'), { recursive: true });
  await writeFile(at('renderer', 'index.html'), '<p>page</p>');
  await writeFile(at('renderer', 'assets', 'a.js'), 'export {}');
  await writeFile(at('renderer', 'secret.key'), 'key');
  await writeFile(at('outside.js'), 'outside');
  await writeFile(at('digits.bin'), '0123456789');
  await writeFile(at('empty.bin'), '');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('ranges (RFC 9110 §14)', () => {
  test.each([
    [null, 'whole'],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=5-99', { start: 5, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99-100', 'unsatisfiable'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=x-2', 'whole'],
    ['items=0-1', 'whole'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
  ] as const)('%s of ten bytes', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  test('no byte of an empty file can be asked for', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable');
    expect(parseRange(null, 0)).toBe('whole');
  });
});

describe('serving a file', () => {
  const get = (file: string, range?: string, method = 'GET') =>
    serveFile(new Request('http://x/', { method, ...(range === undefined ? {} : { headers: { range } }) }), at(file), 'video/webm');

  test('whole, in part, not at all', async () => {
    const whole = await get('digits.bin');
    expect([whole.status, await whole.text(), whole.headers.get('accept-ranges')]).toEqual([200, '0123456789', 'bytes']);
    const part = await get('digits.bin', 'bytes=3-6');
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '3456', 'bytes 3-6/10']);
    const none = await get('digits.bin', 'bytes=10-');
    expect([none.status, await none.text(), none.headers.get('content-range')]).toEqual([416, '', 'bytes */10']);
    const empty = await get('empty.bin');
    expect([empty.status, await empty.text(), empty.headers.get('content-length')]).toEqual([200, '', '0']);
    expect((await get('digits.bin', undefined, 'POST')).status).toBe(405);
    expect((await get('digits.bin', undefined, 'HEAD')).headers.get('content-length')).toBe('10');
    expect((await get('missing.bin')).status).toBe(404);
    expect((await get('renderer')).status).toBe(404);
  });

  test('a big file is read as it is taken, not into memory', async () => {
    const size = 400_000_000;
    await (await open(at('big.bin'), 'w')).close();
    await truncate(at('big.bin'), size);
    const before = process.memoryUsage().arrayBuffers;
    const reader = (await get('big.bin')).body?.getReader();
    expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0);
    // Whoever reads ahead without bound does it now; the file is read from memory at gigabytes per second.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    await reader?.cancel();
  });

  test('a file that shrinks while it is read breaks the answer off', async () => {
    await writeFile(at('shrinks.bin'), Buffer.alloc(3_000_000, 1));
    const reader = (await get('shrinks.bin')).body?.getReader();
    await reader?.read();
    await truncate(at('shrinks.bin'), 1000);
    const rest = async (): Promise<void> => {
      for (;;) if ((await reader?.read())?.done !== false) return;
    };
    await expect(rest()).rejects.toThrow('could not be read');
  });

  test.runIf(process.platform !== 'win32')('a pipe in the place of a file is not found and holds nothing up', async () => {
    execFileSync('mkfifo', [at('pipe.jpg')]);
    expect((await get('pipe.jpg')).status).toBe(404);
  });
});

describe('app://', () => {
  test.each([
    'app://pingplex/..%2foutside.js',
    'app://pingplex/assets/..%2f..%2foutside.js',
    'app://pingplex/%2e%2e%2foutside.js',
    'app://pingplex/..%5coutside.js',
    'app://pingplex/secret.key',
    'app://pingplex/index.html%00.js',
    'app://other/index.html',
    'app://pingplex:1/index.html',
    'https://pingplex/index.html',
    'nothing',
  ])('%s is no file of ours', (url) => {
    expect(resolveAppUrl(at('renderer'), url)).toBeNull();
  });

  test('names inside the bundle are found, with a fixed type', async () => {
    const handle = createAppHandler(at('renderer'));
    const ask = (url: string, method = 'GET') => handle({ url, method, headers: new Headers() } as Request);
    expect(await (await ask('app://pingplex/')).text()).toBe('<p>page</p>');
    expect((await ask('app://pingplex/assets/a.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await ask('app://pingplex/assets/none.js')).status).toBe(404);
    expect((await ask('app://pingplex/index.html', 'POST')).status).toBe(405);
  });
});

describe('media://', () => {
  const asked: string[] = [];
  const look = async (id: string) => {
    asked.push(id);
    if (id === 'broken') throw new Error('engine');
    return id === 'known' ? { path: at('digits.bin'), mime: 'image/png' } : null;
  };
  const handle = createMediaHandler({
    thumb: look,
    strip: look,
    made: look,
    file: look,
    preview: look,
    result: look,
    'result-thumb': look,
  } satisfies MediaSources);
  const ask = (url: string) => handle({ url, method: 'GET', headers: new Headers() } as Request);

  test('a known id is served; unknown ids, other kinds and failures are not found', async () => {
    expect((await ask('media://file/known')).headers.get('content-type')).toBe('image/png');
    for (const url of ['media://file/other', 'media://file/broken', 'media://toString/known', 'media://__proto__/known', 'media://file/']) {
      expect((await ask(url)).status, url).toBe(404);
    }
  });

  test('what can be no id is not even looked up', async () => {
    asked.length = 0;
    for (const id of ['a/b', '..%2fa', '%2fetc', 'a%00', 'a b', 'x'.repeat(129), '%']) await ask(`media://file/${id}`);
    expect(asked).toEqual([]);
  });
});
