import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnicalizeJob } from '@pingplex/shared/contracts/engine';
import { noteText } from '@pingplex/shared/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hardwareEncoders, onHardware } from '../../src/engine/binaries/hardware.ts';
import { media } from './helpers/cli.ts';
import { tempFolder } from './helpers/context.ts';
import { makeFilm } from './helpers/photo.ts';

type Kept = { key: string; encoders: { encoder: string; codec: string; works: boolean; reason?: string }[] };

const NAMES = ['XDG_CACHE_HOME', 'LOCALAPPDATA', 'HOME'] as const;
const before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
let dir = '';
let film = '';
let cache = '';

beforeAll(async () => {
  dir = await tempFolder();
  film = join(dir, 'film.mp4');
  makeFilm(film, 'mp4', 2);
  for (const name of NAMES) process.env[name] = dir;
  cache = join(dir, ...(process.platform === 'darwin' ? ['Library', 'Caches'] : []), 'pingplex', 'encoders.json');
});
afterAll(() => {
  for (const name of NAMES) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

const kept = async () => JSON.parse(await readFile(cache, 'utf8')) as Kept;
async function convert(out: string, ...more: string[]): Promise<Record<string, unknown>> {
  const { code, lines, stderr } = await media(
    ['convert', '--out', join(dir, out), '--format', 'mp4', '--width', '240', ...more, film],
    dir,
  );
  expect(code, stderr).toBe(0);
  return lines[0] ?? {};
}

describe('hardware encoders', () => {
  it('row 45: are tried once per machine, each in a process of its own, and named with the reason why one does not work', async () => {
    const first = await media(['encoders'], dir);
    expect([first.code, first.lines.map((line) => line['encoder'])]).toEqual([0, hardwareEncoders().map(({ encoder }) => encoder)]);
    for (const { works, reason } of first.lines) expect(works === true || (typeof reason === 'string' && reason.length > 0)).toBe(true);
    const known = await kept();
    const marked = { ...known, encoders: known.encoders.map((one) => ({ ...one, works: false, reason: 'as it was kept' })) };
    await writeFile(cache, JSON.stringify(marked));
    expect((await media(['encoders'], dir)).lines.map((line) => line['reason'])).toEqual(known.encoders.map(() => 'as it was kept'));
    // Another driver or engine: asked anew.
    await writeFile(cache, JSON.stringify({ ...marked, key: 'another machine' }));
    expect((await media(['encoders'], dir)).lines).toEqual(first.lines);
    expect((await kept()).key).toBe(known.key);
  });

  it('row 45: do conversions where one works; otherwise libx264 does, and the outcome says why', async () => {
    const works = (await kept()).encoders.some((one) => one.codec === 'h264' && one.works);
    const plain = await convert('plain');
    const auto = await convert('auto', '--encoder', 'auto');
    expect(plain['notes']).toEqual([]);
    const [note = ''] = auto['notes'] as string[];
    expect(note).toMatch(works ? /^encodedOnHardware:h264_/ : /^encodedInSoftware:h264_/);
    expect(noteText('en', note)).not.toBe(note);
    expect(noteText('ru', note)).not.toBe(note);
    if (!works) expect(auto['sha256']).toBe(plain['sha256']);
  });

  it('row 45: an encoder that fails in the middle of things costs nothing but time', async () => {
    const known = await kept();
    // None of this platform's: it can't be opened here, whatever hardware there is.
    const encoder = process.platform === 'linux' ? 'h264_amf' : 'h264_vaapi';
    const wrong = { encoder, codec: 'h264', family: encoder.slice(5), works: true };
    await writeFile(cache, JSON.stringify({ ...known, encoders: [wrong] }));
    const line = await convert('wrong', '--encoder', 'auto');
    expect((line['notes'] as string[])[0]).toContain(`encodedInSoftware:${encoder}`);
    expect(line['summary']).toMatchObject({ width: 240, videoCodec: 'h264' });
    await writeFile(cache, JSON.stringify(known));
  });

  it('row 45: are never used for variants, which must repeat bit for bit', async () => {
    const { code, stderr } = await media(['unicalize', '--encoder', 'auto', '--out', join(dir, 'no'), film], dir);
    expect([code, stderr.includes('--encoder')]).toEqual([2, true]);
    const settings = { variants: 1, strength: 'balanced', seed: 1, mirror: false };
    const job = { verb: 'unicalize', path: film, temp: { dir, stem: '.pingplex-x' }, settings };
    expect(UnicalizeJob.safeParse(job).success).toBe(true);
    expect(UnicalizeJob.safeParse({ ...job, hardware: { cache } }).success).toBe(false);
  });

  it('get the same wish in their own words', () => {
    const track = {
      filter: 'format=yuv420p',
      encoder: 'libx264',
      gopSize: 50,
      options: { preset: 'veryfast', crf: 21, maxrate: 9, bufsize: 9 },
    };
    expect(onHardware(track, 'h264_nvenc')?.options).toEqual({ rc: 'vbr', cq: 21, preset: 'p5', maxrate: 9, bufsize: 9 });
    expect(onHardware(track, 'h264_qsv')?.options).toMatchObject({ global_quality: 21 });
    expect(onHardware(track, 'h264_amf')?.options).toMatchObject({ rc: 'cqp', qp_i: 21 });
    expect(onHardware(track, 'h264_vaapi')).toMatchObject({ filter: 'format=yuv420p,format=nv12,hwupload', gopSize: 50, maxBFrames: 0 });
    expect(onHardware(track, 'h264_videotoolbox')?.encoder).toBe('h264_videotoolbox');
    expect(onHardware({ ...track, encoder: 'libvpx-vp9' }, 'h264_nvenc')).toBeUndefined();
    expect(onHardware(track, 'libx265')).toBeUndefined();
  });
});
