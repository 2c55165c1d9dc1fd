import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AppError } from '@pingplex/shared/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeStreams } from '../../src/engine/binaries/av.ts';
import { parseInput } from '../../src/engine/binaries/ffmpeg-arguments.ts';
import { parseVersion } from '../../src/engine/binaries/ffmpeg-program.ts';
import { type TranscodeJob, transcode, transcodeAll } from '../../src/engine/binaries/transcode.ts';
import { transcodeWithAv } from '../../src/engine/binaries/transcode-av.ts';
import { cliAdapter, type VideoAdapter } from '../../src/engine/binaries/video-adapter.ts';
import { repeatableX264 } from '../../src/engine/binaries/x264-options.ts';
import { openMedia } from '../../src/engine/measure/av-media.ts';
import { measureSound } from '../../src/engine/measure/sound.ts';
import { media } from './helpers/cli.ts';
import { context, tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { makeFilm } from './helpers/photo.ts';

const isWindows = process.platform === 'win32';
const FFMPEG = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, isWindows ? 'ffmpeg.exe' : 'ffmpeg'))
  .find((path) => existsSync(path));

let dir = '';
let film = '';
const at = (name: string) => join(dir, name);
let x264: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  dir = await tempFolder();
  film = at('film.mp4');
  makeFilm(film, 'mp4', 4);
  x264 = await repeatableX264();
});

function jobTo(output: string, more: Partial<TranscodeJob> = {}): TranscodeJob {
  return {
    input: film,
    output: at(output),
    container: 'mp4',
    containerOptions: { movflags: '+faststart', empty_hdlr_name: 1 },
    video: { filter: 'hflip,fps=25,format=yuv420p', encoder: 'libx264', gopSize: 48, options: { preset: 'ultrafast', crf: 24, ...x264 } },
    audio: { filter: '', encoder: 'aac', bitRate: 96_000 },
    ...more,
  };
}

const NODE_AV: VideoAdapter = { name: 'node-av', transcode: transcodeWithAv };
const ADAPTERS = ['node-av', 'ffmpeg'] as const;
async function adapterOf(name: (typeof ADAPTERS)[number]): Promise<VideoAdapter> {
  if (name === 'node-av') return NODE_AV;
  if (!FFMPEG) throw new Error('There is no ffmpeg in PATH; npm test installs it.');
  return cliAdapter(FFMPEG);
}

describe.each(ADAPTERS)('encoding with %s', (name) => {
  it('takes filters, encoders and options as they are, and writes no tag', async () => {
    const adapter = await adapterOf(name);
    const ctx = context();
    const result = await transcode(jobTo(`plain-${name}.mp4`), ctx, adapter);
    expect(result).toMatchObject({ frames: 100, audioLost: false });
    expect(Math.abs(result.durationMs - 4000)).toBeLessThan(60);
    expect(ctx.fractions.at(-1)).toBe(1);
    const { video, audio, metadata } = await probeStreams(at(`plain-${name}.mp4`), 'mp4');
    expect([video?.codec, video?.width, video?.height, video?.fps, audio?.codec]).toEqual(['h264', 480, 270, 25, 'aac']);
    expect(Object.keys(metadata).filter((key) => !/brand|version/.test(key))).toEqual([]);
    const bytes = (await readFile(at(`plain-${name}.mp4`))).toString('latin1');
    expect(/x264|Lavf|Lavc|LAME/.exec(bytes)?.[0]).toBeUndefined();
    const level = await measureSound(await openMedia(at(`plain-${name}.mp4`)), context().signal);
    const original = await measureSound(await openMedia(film), context().signal);
    expect(Math.abs((level.loudness ?? -99) - (original.loudness ?? 0))).toBeLessThan(1);
  });

  it('cuts to the frame and to the sample, near the beginning and far from it', async () => {
    const adapter = await adapterOf(name);
    for (const [startMs, endMs] of [
      [400, 1600],
      [2400, 3600],
    ] as const) {
      const output = `cut-${name}-${startMs}.mp4`;
      const result = await transcode(jobTo(output, { startMs, endMs }), context(), adapter);
      expect(result.frames).toBe(30);
      const { audio } = await openMedia(at(output));
      expect(audio).toBeDefined();
      expect(Math.abs(result.durationMs - 1200)).toBeLessThan(50);
    }
    const sound = { input: film, output: at(`cut-${name}.wav`), container: 'wav', audio: { filter: '', encoder: 'pcm_s16le' } };
    await transcode({ ...sound, startMs: 500, endMs: 1500 }, context(), adapter);
    const { audio, durationMs } = await probeStreams(at(`cut-${name}.wav`), 'wav');
    expect([durationMs, audio?.sampleRate]).toEqual([1000, (await probeStreams(film, 'mp4')).audio?.sampleRate]);
  });

  it('makes several files of one source at once, each as it would be alone', async () => {
    const adapter = await adapterOf(name);
    const jobs = [0, 120, 280].map((startMs, i) =>
      jobTo(`many-${name}-${i}.mp4`, {
        startMs,
        video: { ...(jobTo('').video ?? { filter: '', encoder: '' }), gopSize: 30 + i, maxBFrames: i },
      }),
    );
    const results = await transcodeAll(jobs, context(), adapter);
    expect(results.map(({ frames }) => frames)).toEqual([100, 97, 93]);
    for (const [i, job] of jobs.entries()) {
      const alone = { ...job, output: at(`alone-${name}-${i}.mp4`) };
      expect(await transcode(alone, context(), adapter)).toEqual(results[i]);
      expect((await readFile(alone.output)).equals(await readFile(job.output))).toBe(true);
    }
  });

  it('keeps the rotation of the source or drops it, as asked', async () => {
    const adapter = await adapterOf(name);
    const turned = at('turned.mp4');
    const { video } = jobTo('');
    if (!video) throw new Error('the job has a picture');
    await copyFile(film, turned);
    execFileSync(await (await import('exiftool-vendored')).exiftoolPath(), ['-overwrite_original', '-Rotation=90', turned]);
    expect((await probeStreams(turned, 'mp4')).video?.rotation).toBe(90);
    for (const keepRotation of [true, false]) {
      const output = `turned-${name}-${keepRotation}.mp4`;
      await transcode(jobTo(output, { input: turned, endMs: 400, video: { ...video, keepRotation } }), context(), adapter);
      const made = (await probeStreams(at(output), 'mp4')).video;
      expect([made?.rotation, made?.width, made?.height]).toEqual([keepRotation ? 90 : 0, 480, 270]);
    }
  });

  it('takes any name literally', async () => {
    const adapter = await adapterOf(name);
    const onlyPosix = isWindows ? [] : [`it's "quoted".mp4`, 'a:b;$(x) &|.mp4'];
    for (const odd of ['-i.mp4', '%03d.mp4', 'пауза é.mp4', ...onlyPosix]) {
      await copyFile(film, at(odd));
      const before = await readdir(dir);
      await transcode(jobTo(`${odd}.${name}.mp4`, { input: at(odd), endMs: 200 }), context(), adapter);
      expect((await readdir(dir)).filter((one) => !before.includes(one))).toEqual([`${odd}.${name}.mp4`]);
    }
  });

  it('says why it fails and leaves nothing behind: damaged, no sound, unknown encoder, canceled', async () => {
    const adapter = await adapterOf(name);
    await writeFile(at('broken.mp4'), (await readFile(film)).subarray(0, 20_000));
    const silent = at(`silent-${name}.mp4`);
    const { audio: _audio, ...picture } = jobTo(`silent-${name}.mp4`, { endMs: 200 });
    await transcode(picture, context(), adapter);
    const before = await readdir(dir);
    const codeOf = (job: TranscodeJob, ctx = context()) =>
      transcode(job, ctx, adapter).then(
        () => 'ok',
        (thrown: unknown) => (thrown instanceof AppError ? thrown.code : String(thrown)),
      );
    expect(await codeOf(jobTo('no.mp4', { input: at('broken.mp4'), inputFormat: 'mp4' }))).toBe('file.damaged');
    const { video: _video, ...sound } = jobTo('no.m4a', { input: silent, container: 'ipod' });
    expect(await codeOf(sound)).toBe('engine.stepNotPossible');
    const canceled = context();
    const stopping = { signal: canceled.signal, progress: () => canceled.abort.abort(new Error('stop')) };
    const long = jobTo('no.mp4', {
      video: { filter: 'loop=200:100,fps=25,format=yuv420p', encoder: 'libx264', options: { preset: 'slower' } },
    });
    await expect(transcode(long, stopping, adapter)).rejects.toThrow('stop');
    expect(await readdir(dir)).toEqual(before);
  });
});

describe('the choice of the adapter', () => {
  it('follows the environment: a conversion by the command line of the engine runs in the named program', async () => {
    if (!FFMPEG) throw new Error('There is no ffmpeg in PATH; npm test installs it.');
    const log = at('called.txt');
    const wrapper = at('ffmpeg-wrapper');
    await writeFile(wrapper, `#!/bin/sh\necho "$@" >> '${log}'\nexec '${FFMPEG}' "$@"\n`, { mode: 0o755 });
    const before = process.env['PINGPLEX_FFMPEG'];
    try {
      // Windows starts no scripts without a shell; the program itself is named there.
      process.env['PINGPLEX_FFMPEG'] = isWindows ? FFMPEG : wrapper;
      const { code, lines } = await media(['convert', '--out', at('out'), '--format', 'mkv', '--end', '400', film], dir);
      expect([code, lines[0]?.['format']]).toEqual([0, 'mkv']);
      if (!isWindows) expect(await readFile(log, 'utf8')).toContain('-protocol_whitelist file -f mov -i file:');
      expect(JSON.stringify(await askExifTool(String(lines[0]?.['output'])))).not.toMatch(/Lav[cf]|x264/);
      process.env['PINGPLEX_FFMPEG'] = at('nowhere');
      const refused = await media(['convert', '--out', at('out'), '--format', 'mkv', '--end', '400', film], dir);
      expect(refused.lines[0]).toMatchObject({ error: { code: 'engine.unavailable' } });
    } finally {
      if (before === undefined) delete process.env['PINGPLEX_FFMPEG'];
      else process.env['PINGPLEX_FFMPEG'] = before;
    }
  });

  it('understands what programs say about themselves and about files', () => {
    expect(parseVersion('ffmpeg version 5.1.9-0+deb12u1 Copyright')).toEqual({ version: '5.1.9-0+deb12u1', major: 5, minor: 1 });
    expect(parseVersion('ffmpeg version n7.1.1 Copyright')).toMatchObject({ major: 7, minor: 1 });
    expect(parseVersion('ffmpeg version N-118000-gabcdef Copyright')?.major).toBeGreaterThan(8);
    expect(parseVersion('ffmpeg version 3.4.2 Copyright')).toBeUndefined();
    expect(parseVersion('ImageMagick 7')).toBeUndefined();
    const words = [
      '  Duration: 00:01:02.50, start: 0.000000, bitrate: 900 kb/s',
      '  Stream #0:0[0x1](und): Video: mjpeg (Baseline), yuvj420p, 300x300, 90k tbr (attached pic)',
      '  Stream #0:1[0x2](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 480x270, 25 fps (default)',
      '  Stream #0:2[0x3](eng): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 96 kb/s (default)',
    ].join('\n');
    expect(parseInput(words, 'mp4')).toEqual({
      format: 'mp4',
      durationMs: 62_500,
      video: { index: 1, isTurned: false },
      audio: { index: 2, sampleRate: 44_100 },
    });
  });
});
