import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ConvertOutcome, EngineJob } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import { errorText, noteText } from '@pingplex/shared/text';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAv, openInput, probeStreams } from '../../src/engine/binaries/av.ts';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { measureLoudness } from '../../src/engine/convert/loudness.ts';
import { runConvert } from '../../src/engine/convert/run-convert.ts';
import { byFile, media } from './helpers/cli.ts';
import { clockFilm, clockTone, firstPictureSays, pictureSays, soundSays } from './helpers/clock-film.ts';
import { context, tempFolder } from './helpers/context.ts';

let root: string;
let film: string;
beforeAll(async () => {
  root = await tempFolder();
  film = await clockFilm(root);
});
afterAll(endExifTool);

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;

async function convert(settings: ConvertJob['settings'], more: Partial<ConvertJob> = {}): Promise<ConvertOutcome> {
  const dir = await mkdtemp(join(root, 'out-'));
  try {
    const outcome = await runConvert({ verb: 'convert', path: film, temp: { dir, stem: '.pingplex-p' }, settings, ...more }, context());
    const written = [outcome.file, ...(outcome.more ?? []).map((one) => one.file)].map((file) => basename(file.tempPath));
    expect((await readdir(dir)).sort()).toEqual(written.sort());
    return outcome;
  } catch (thrown) {
    expect(await readdir(dir)).toEqual([]);
    throw thrown;
  }
}

async function packetHash(path: string, format: MediaFormat, type: 'video' | 'audio'): Promise<string> {
  const av = await loadAv();
  await using input = await openInput(path, format);
  const wanted = type === 'video' ? av.AVMEDIA_TYPE_VIDEO : av.AVMEDIA_TYPE_AUDIO;
  const index = input.streams.find((stream) => stream.codecpar.codecType === wanted)?.index;
  const hash = createHash('sha256');
  for (const packet of input.packetsSync(index)) {
    if (packet === null) break;
    using owned = packet;
    if (owned.data) hash.update(owned.data);
  }
  return hash.digest('hex');
}

describe('row 44: parts of a film', () => {
  it('an exact cut begins with the wanted picture and the wanted sound', async () => {
    const { file, summary, notes } = await convert({ trimStartMs: 1600, trimEndMs: 3100 });
    expect(await firstPictureSays(file.tempPath, 'mp4')).toBe(1600);
    expect(Math.abs((await soundSays(file.tempPath, root)) - 1600)).toBeLessThan(60);
    expect(Math.abs((summary.durationMs ?? 0) - 1500)).toBeLessThanOrEqual(60);
    expect(notes).toEqual([]);
  });

  it('a lossless cut copies, begins at the key frame before, and says where', async () => {
    const { file, summary, notes, figures } = await convert({ cut: 'lossless', trimStartMs: 1600, trimEndMs: 3000 });
    expect(figures).toEqual({ cutStartMs: 1000, askedStartMs: 1600 });
    expect(notes).toEqual(['streamsCopied', 'cutAtKeyFrame:1']);
    expect(noteText('en', 'cutAtKeyFrame:1.24')).toContain('1.24');
    expect(noteText('ru', 'cutAtKeyFrame:1.24')).toContain('1,24');
    expect(await firstPictureSays(file.tempPath, 'mp4')).toBe(1000);
    expect(Math.abs((await soundSays(file.tempPath, root)) - 1000)).toBeLessThan(80);
    expect(Math.abs((summary.durationMs ?? 0) - 2000)).toBeLessThanOrEqual(250);
  });

  it('a lossless cut from the start into another container leaves every packet as it is', async () => {
    const { file } = await convert({ cut: 'lossless', format: 'mkv' });
    expect((await probeStreams(file.tempPath, 'mkv')).video?.codec).toBe('h264');
    expect(await packetHash(file.tempPath, 'mkv', 'audio')).toBe(await packetHash(film, 'mp4', 'audio'));
    expect(await packetHash(file.tempPath, 'mkv', 'video')).toBe(await packetHash(film, 'mp4', 'video'));
  });

  it('a lossless cut of sound alone begins with a whole packet, and of FLAC with the very sample', async () => {
    const path = join(root, 'whole.wav');
    await writeFile(path, clockTone(4));
    const mp3 = await convert({ format: 'mp3' }, { path });
    const kept = join(root, 'whole.mp3');
    await copyFile(mp3.file.tempPath, kept);
    const cut = await convert({ cut: 'lossless', trimStartMs: 1010, trimEndMs: 3000 }, { path: kept });
    expect(cut.figures?.cutStartMs).toBeGreaterThanOrEqual(1010);
    expect(cut.figures?.cutStartMs).toBeLessThan(1040);
    expect(Math.abs((cut.summary.durationMs ?? 0) - 1990)).toBeLessThan(60);
    const flac = await convert({ format: 'flac' }, { path });
    const keptFlac = join(root, 'whole.flac');
    await copyFile(flac.file.tempPath, keptFlac);
    const part = await convert({ cut: 'lossless', trimStartMs: 1010, trimEndMs: 3000 }, { path: keptFlac });
    expect(part.summary.durationMs).toBe(1990);
  });

  it.each([
    [{ cut: 'lossless', width: 64 }, 'losslessConflict'],
    [{ cut: 'lossless', loudness: { lufs: -16, truePeakDb: -1 } }, 'losslessConflict'],
    [{ cut: 'lossless', format: 'webm' }, 'losslessNotHeld'],
  ] as const)('what a lossless cut can’t do is refused: %o', async (settings, reason) => {
    await expect(convert(settings)).rejects.toMatchObject({ code: 'engine.stepNotPossible', params: { reason } });
  });

  it('takes the sound out without encoding it where the format holds it, and encodes it where it doesn’t', async () => {
    const copied = await convert({ format: 'm4a' });
    expect(copied.notes).toEqual(['soundCopied']);
    expect(await packetHash(copied.file.tempPath, 'm4a', 'audio')).toBe(await packetHash(film, 'mp4', 'audio'));
    expect(Math.abs((copied.summary.durationMs ?? 0) - 4000)).toBeLessThan(60);
    const encoded = await convert({ format: 'mp3' });
    expect(encoded.notes).toEqual([]);
    expect(encoded.summary.audioCodec).toMatch(/mp3/u);
  });

  it('takes frames evenly spread and every so often, as they are shown then', async () => {
    const four = await convert({ format: 'png', frames: { by: 'count', count: 4 } });
    const files = [four.file, ...(four.more ?? []).map((one) => one.file)];
    expect(await Promise.all(files.map((one) => pictureSays(one.tempPath)))).toEqual([500, 1500, 2500, 3500]);
    const every = await convert({ format: 'jpeg', frames: { by: 'interval', everyMs: 800 }, trimStartMs: 400, trimEndMs: 2900 });
    const shown = [every.file, ...(every.more ?? []).map((one) => one.file)];
    expect(shown.every((one) => one.format === 'jpeg')).toBe(true);
    expect(await Promise.all(shown.map((one) => pictureSays(one.tempPath)))).toEqual([400, 1200, 2000, 2800]);
    await expect(convert({ format: 'png', frames: { by: 'interval', everyMs: 40 }, trimStartMs: 0 })).resolves.toBeDefined();
  });

  it('says so on the command line: one line per frame, the real start of a cut', async () => {
    const dir = await mkdtemp(join(root, 'cli-'));
    const frames = await media(['convert', '--out', dir, '--format', 'jpeg', '--frames', '2', film], dir);
    expect(frames).toMatchObject({ code: 0 });
    expect((await readdir(dir)).sort()).toEqual(['clock-1.jpg', 'clock-2.jpg']);
    const cut = byFile(await media(['convert', '--out', dir, '--cut', 'lossless', '--start', '2500', film], dir));
    expect(cut.get(film)).toMatchObject({ figures: { cutStartMs: 2000, askedStartMs: 2500 } });
    const loud = byFile(await media(['convert', '--out', dir, '--format', 'wav', '--lufs=-20', film], dir));
    expect(loud.get(film)).toMatchObject({ notes: ['loudnessReached:-20'] });
  });
});

const SRT = `1
00:00:01,000 --> 00:00:02,000
Hello & <i>привет</i>

2
00:00:02,500 --> 00:00:03,500
Second
`;

/** Pixels that are nearly white in the lower half of a frame: the film itself has none at that time. */
async function whiteAt(path: string, atMs: number): Promise<number> {
  const dir = await mkdtemp(join(root, 'frame-'));
  const { file } = await runConvert(
    { verb: 'convert', path, temp: { dir, stem: '.pingplex-f' }, settings: { format: 'png', trimStartMs: atMs } },
    context(),
  );
  const { data, info } = await sharp(file.tempPath).greyscale().raw().toBuffer({ resolveWithObject: true });
  return data.subarray((info.width * info.height) / 2).filter((value) => value > 235).length;
}

describe('subtitles', () => {
  const beside = async (name: string, text: string | Buffer): Promise<{ original: string }> => {
    // A folder whose name has every sign that means something to a filter chain.
    const dir = join(await mkdtemp(join(root, 'sub-')), "o'd [d], x;y");
    await mkdir(dir);
    await writeFile(join(dir, name), text);
    return { original: join(dir, 'Clock.mp4') };
  };

  it('are burnt in while they are shown, and only then', async () => {
    const folder = join(root, "b'u: [r]n, x;y");
    await mkdir(folder, { recursive: true });
    const job: ConvertJob = {
      verb: 'convert',
      path: film,
      temp: { dir: folder, stem: '.pingplex-p' },
      settings: { subtitles: 'burn', width: 320, enlarge: true, trimStartMs: 500 },
      ...(await beside('clock.srt', SRT)),
    };
    const { file } = await runConvert(job, context());
    expect(await readdir(folder)).toEqual([basename(file.tempPath)]);
    expect(await whiteAt(file.tempPath, 1000)).toBeGreaterThan(40);
    expect(await whiteAt(file.tempPath, 200)).toBe(0);
    expect(await whiteAt(file.tempPath, 1750)).toBe(0);
  });

  it.each([
    ['mp4', 'mov_text'],
    ['mov', 'mov_text'],
    ['mkv', 'subrip'],
  ] as const)('become a track of %s that can be read back', async (format, codec) => {
    const { file } = await convert(
      { subtitles: 'track', format },
      await beside('Clock.en.vtt', `WEBVTT\n\nNOTE aside\n\n${SRT.replaceAll(',', '.')}`),
    );
    const probe = await probeStreams(file.tempPath, format);
    expect(probe.streams.map((stream) => stream.type).sort()).toEqual(['audio', 'subtitle', 'video']);
    expect(probe.streams.find((stream) => stream.type === 'subtitle')?.codec).toBe(codec);
    expect((await readFile(file.tempPath)).includes(Buffer.from('привет'))).toBe(true);
    await using input = await openInput(file.tempPath, format);
    const index = probe.streams.find((stream) => stream.type === 'subtitle')?.index;
    const starts: number[] = [];
    for (const packet of input.packetsSync(index)) {
      if (packet === null) break;
      using owned = packet;
      if ((owned.data?.length ?? 0) > 2) starts.push(Math.round((Number(owned.pts) * 1000 * owned.timeBase.num) / owned.timeBase.den));
    }
    expect(starts).toEqual([1000, 2500]);
  });

  it('in an old Cyrillic character set are read too', async () => {
    const old = Buffer.concat([
      Buffer.from('1\n00:00:01,000 --> 00:00:02,000\n'),
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
      Buffer.from('\n'),
    ]);
    const { file } = await convert({ subtitles: 'track', format: 'mkv' }, await beside('clock.srt', old));
    expect((await readFile(file.tempPath)).includes(Buffer.from('Привет'))).toBe(true);
  });

  it.each([
    ['1\n00:00:01,000 -> 00:00:02,000\nx\n', 1],
    ['1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:0x,000 --> 00:00:04,000\ny\n', 6],
    ['1\n00:00:02,000 --> 00:00:01,000\nx\n', 2],
    ['one\n00:00:01,000 --> 00:00:02,000\nx\n', 1],
  ])('that are broken are refused with the line: %j', async (text, line) => {
    const wrong = convert({ subtitles: 'burn' }, await beside('clock.srt', text));
    await expect(wrong).rejects.toMatchObject({ code: 'engine.stepNotPossible', params: { reason: 'subtitlesBroken', line } });
    expect(errorText('en', { code: 'engine.stepNotPossible', params: { reason: 'subtitlesBroken', line } }).title).toContain(String(line));
  });

  it('that are not there, or have no place in the format, are refused', async () => {
    await expect(convert({ subtitles: 'burn' })).rejects.toMatchObject({ params: { reason: 'noSubtitles' } });
    await expect(convert({ subtitles: 'track', format: 'webm' })).rejects.toMatchObject({ params: { reason: 'subtitlesNotHeld' } });
    await expect(convert({ subtitles: 'burn' }, { subtitleFile: join(root, 'gone.srt') })).rejects.toMatchObject({ code: 'file.notFound' });
  });
});

describe('loudness', () => {
  const heard = async (path: string, format: MediaFormat) =>
    await measureLoudness(path, format, 0, { startMs: 0, endMs: undefined }, new AbortController().signal);

  it('is what a steady tone of known level should have', async () => {
    const path = join(root, 'steady.wav');
    await writeFile(path, clockTone(3, 0.5, false));
    // 440 Hz is hardly weighted; a sine of amplitude 0.5 in one channel lies 3.01 + 6.02 + 0.69 dB under full scale.
    expect(Math.abs(((await heard(path, 'wav'))?.lufs ?? 0) + 9.7)).toBeLessThan(0.3);
    expect(Math.abs(((await heard(path, 'wav'))?.truePeakDb ?? 0) + 6.02)).toBeLessThan(0.2);
  });

  it.each([
    [-14, 'mp3'],
    [-16, 'm4a'],
    [-23, 'wav'],
  ] as const)('%d LUFS is reached in %s and measured again', async (lufs, format) => {
    const { file, figures, notes } = await convert({ format, loudness: { lufs, truePeakDb: -1 } });
    const again = await heard(file.tempPath, format);
    expect(Math.abs((again?.lufs ?? 0) - lufs)).toBeLessThanOrEqual(0.5);
    expect(again?.truePeakDb).toBeLessThanOrEqual(-0.9);
    expect(figures?.lufsAfter).toBeCloseTo(again?.lufs ?? 0, 1);
    expect(notes.some((note) => note.startsWith('loudnessReached:'))).toBe(true);
  });

  it('holds peaks when the target asks for more than the peaks allow', async () => {
    const path = join(root, 'bursts.wav');
    const tone = clockTone(4, 0.1, false);
    // A short burst every second, 18 dB over the rest.
    for (let n = 0; n < 4; n += 1) tone.set(clockTone(0.01, 0.8, false).subarray(44), 44 + n * 44_100 * 2);
    await writeFile(path, tone);
    const { file, notes } = await convert({ format: 'flac', loudness: { lufs: -16, truePeakDb: -2 } }, { path });
    expect(notes).toContain('peaksHeld');
    const again = await heard(file.tempPath, 'flac');
    expect(again?.truePeakDb).toBeLessThanOrEqual(-1.9);
    expect(Math.abs((again?.lufs ?? 0) + 16)).toBeLessThanOrEqual(0.5);
  });

  it('of silence is left alone and said', async () => {
    const path = join(root, 'silence.wav');
    await writeFile(path, clockTone(1, 0, false));
    expect((await convert({ format: 'mp3', loudness: { lufs: -16, truePeakDb: -1 } }, { path })).notes).toContain('loudnessNotMeasurable');
  });
});
