import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { CleanOutcome } from '@pingplex/shared/contracts/engine';
import type { CleanWishes, KeepGroup, MediaFormat } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { decodeHeic } from '../../src/engine/binaries/heic.ts';
import { transcode } from '../../src/engine/binaries/transcode.ts';
import { runClean } from '../../src/engine/clean/run-clean.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { addSecrets, makeMedia, picture } from './helpers/media.ts';

let root: string;
let samples: SampleFile[];
beforeAll(async () => {
  root = await tempFolder();
  samples = await makeSamples(join(root, 'samples'), { isSmall: true });
});
afterAll(endExifTool);

const hash = (bytes: Uint8Array | Uint8ClampedArray) =>
  createHash('sha256')
    .update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex');

/** Cleans a copy in a folder of its own and asserts what that did to the whole folder. */
async function cleanAlone(
  source: string,
  keepGroups: KeepGroup[] = [],
  wishes: CleanWishes = {},
): Promise<{ outcome: CleanOutcome; path: string; folder: string }> {
  const folder = await mkdtemp(join(root, 'one-'));
  const path = join(folder, basename(source));
  await copyFile(source, path);
  const before = hash(await readFile(path));
  const job = { verb: 'clean' as const, path, temp: { dir: folder, stem: '.pingplex-clean' }, keepGroups, ...wishes };
  const outcome = await runClean(job, context());
  expect(hash(await readFile(path)), 'the source is as it was').toBe(before);
  expect((await readdir(folder)).sort()).toEqual([basename(outcome.file.tempPath), basename(path)].sort());
  const written = await readFile(outcome.file.tempPath);
  expect(outcome.file).toMatchObject({ sizeBytes: written.length, sha256: hash(written) });
  return { outcome, path, folder };
}

/** What a decoder makes of a file, by other code than the product compares with. */
async function decoded(path: string, format: MediaFormat, dir: string): Promise<string> {
  if (format === 'heic') return hash((await decodeHeic(await readFile(path))).data);
  if (['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'].includes(format)) {
    const animated = format === 'gif' || format === 'webp';
    const { data, info } = await sharp(path, { failOn: 'none', animated }).raw().toBuffer({ resolveWithObject: true });
    return `${info.width}x${info.height} ${hash(data)}`;
  }
  const out = join(dir, 'decoded');
  const kind = samples.find((one) => one.format === format)?.kind;
  const tracks = {
    ...(kind === 'video' ? { video: { filter: 'format=yuv420p', encoder: 'rawvideo' } } : {}),
    audio: { filter: 'aformat=sample_fmts=s16', encoder: 'pcm_s16le' },
  };
  await transcode(
    { input: path, inputFormat: format, output: out, container: kind === 'video' ? 'matroska' : 'wav', ...tracks },
    context(),
  );
  const sum = hash(await readFile(out));
  await rm(out);
  return sum;
}

/** Values that a person wrote or that point at one: long enough to be searched for as bytes. */
async function secretsOf(path: string, keys: readonly string[]): Promise<string[]> {
  const tags = await askExifTool(path);
  return keys.map((key) => String(tags[key] ?? '')).filter((value) => value.length >= 8 && value.length < 200 && /\p{L}{4}/u.test(value));
}

function holds(bytes: Buffer, text: string): boolean {
  return bytes.includes(text, 0, 'utf8') || bytes.includes(text, 0, 'utf16le') || bytes.includes(text, 0, 'latin1');
}

/** Groups in which every tag is metadata, as ExifTool prints them with everything switched on. */
const FORBIDDEN =
  /^(?:GPS|ExifIFD|InteropIFD|XMP.*|IPTC.*|Photoshop|MPF\d*|MPImage\d*|ItemList|Keys|UserData|JUMBF|CBOR|JSON|C2PA.*|ID3.*|APE|Lyrics3|MakerNotes|Canon|Apple|Nikon|Sony|Chapter.*)$/u;

async function leftovers(path: string): Promise<string[]> {
  const tags = await askExifTool(path, ['-U', '-ee']);
  return Object.entries(tags)
    .filter(([key]) => FORBIDDEN.test(key.split(':')[0] ?? ''))
    .filter(([key, value]) => !(key.endsWith('Date') && String(value).startsWith('0000')))
    .map(([key]) => key);
}

const CLEANABLE: readonly MediaFormat[] = [
  ...(['jpeg', 'png', 'webp', 'gif', 'heic', 'avif', 'tiff'] as const),
  ...(['mp4', 'mov', 'mkv', 'webm', 'avi', 'mp3', 'm4a', 'aac', 'flac', 'wav', 'ogg'] as const),
];

describe('every format', () => {
  it.each(CLEANABLE)('%s: nothing is left, nothing shown or heard changes, the folder holds source and result', async (format) => {
    const files = samples.filter((one) => one.format === format);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { outcome, path, folder } = await cleanAlone(file.path);
      expect(outcome, file.path).toMatchObject({ verified: true, bitIdentical: true });
      expect(await leftovers(outcome.file.tempPath), file.path).toEqual([]);
      expect(await decoded(outcome.file.tempPath, format, folder), file.path).toBe(await decoded(path, format, folder));
      const gone = await secretsOf(file.path, outcome.removed);
      const bytes = await readFile(outcome.file.tempPath);
      expect(
        gone.filter((text) => holds(bytes, text)),
        file.path,
      ).toEqual([]);
    }
  });

  it.each(CLEANABLE)('%s: a cleaned file is already clean', async (format) => {
    const file = samples.find((one) => one.format === format);
    if (!file) throw new Error(`no sample of ${format}`);
    const first = await cleanAlone(file.path);
    const renamed = join(first.folder, `again${extname(first.outcome.file.tempPath)}`);
    await copyFile(first.outcome.file.tempPath, renamed);
    const again = await cleanAlone(renamed);
    expect(again.outcome).toMatchObject({ outcome: 'alreadyClean', removed: [], verified: true });
  });

  it('RAW is refused with the reason', async () => {
    const raw = samples.find((one) => one.format === 'raw');
    if (!raw) throw new Error('no RAW sample');
    await expect(cleanAlone(raw.path)).rejects.toMatchObject({ code: 'engine.stepNotPossible', params: { format: 'raw' } });
  });
});

describe('what showing needs', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff'] as const)('%s keeps orientation, profile and the file date', async (format) => {
    const path = join(root, `oriented.${format}`);
    await picture().withIccProfile('p3').toFormat(format).toFile(path);
    await addSecrets(path);
    await writeTags(['-n', '-Orientation=6'], path);
    const date = new Date('2020-02-03T04:05:06Z');
    await utimes(path, date, date);
    const dir = join(root, `dated-${format}`);
    await mkdir(dir);
    const outcome = await runClean({ verb: 'clean', path, temp: { dir, stem: '.pingplex-d' }, keepGroups: [] }, context());
    const facts = await sharp(outcome.file.tempPath).metadata();
    expect(facts.orientation).toBe(6);
    expect(facts.icc?.equals((await sharp(path).metadata()).icc ?? Buffer.alloc(0))).toBe(true);
    expect(outcome.kept).toContain('IFD0:Orientation');
    expect((await stat(outcome.file.tempPath)).mtimeMs).toBe(date.getTime());
    expect(await leftovers(outcome.file.tempPath)).toEqual([]);
  });

  it('a film keeps its turn', async () => {
    const turned = samples.find((one) => one.path.includes('vertical'));
    if (!turned) throw new Error('no turned sample');
    const { outcome, path } = await cleanAlone(turned.path);
    const rotation = async (file: string) => (await askExifTool(file))['Composite:Rotation'];
    expect(await rotation(outcome.file.tempPath)).toBe(await rotation(path));
  });
});

describe('groups that are kept', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)('%s keeps the chosen groups and nothing else', async (format) => {
    const media = await makeMedia(await mkdtemp(join(root, 'made-')));
    await addSecrets(media[format]);
    const keys = async (keep: KeepGroup[]) => {
      const { outcome } = await cleanAlone(media[format], keep);
      expect(outcome).toMatchObject({ verified: true, bitIdentical: true });
      const tags = await askExifTool(outcome.file.tempPath);
      return { tags, names: new Set(Object.keys(tags).map((key) => key.split(':')[1])) };
    };
    const credit = await keys(['credit']);
    expect(credit.tags).toMatchObject({ 'IFD0:Artist': 'Ada Example', 'XMP-dc:Title': 'Tower' });
    for (const name of ['GPSLatitude', 'DateTimeOriginal', 'Model', 'SerialNumber', 'City', 'DocumentID'])
      expect(credit.names).not.toContain(name);
    const place = await keys(['place']);
    expect(place.names).toContain('GPSLatitude');
    expect(place.tags).toMatchObject({ 'XMP-photoshop:City': 'Paris' });
    for (const name of ['Artist', 'DateTimeOriginal', 'Model', 'SerialNumber']) expect(place.names).not.toContain(name);
    const rest = await keys(['time', 'device', 'description']);
    expect(rest.tags).toMatchObject({ 'ExifIFD:DateTimeOriginal': '2024:05:06 07:08:09', 'IFD0:Model': 'Z 6' });
    for (const name of ['Artist', 'GPSLatitude', 'SerialNumber', 'CreatorWorkEmail']) expect(rest.names).not.toContain(name);
  });

  it.each(['mp3', 'flac', 'm4a', 'mkv', 'mp4', 'ogg'] as const)('%s keeps the credit and loses the rest', async (format) => {
    const source = samples.find((one) => one.format === format && /Morning|Contour|Harbour|Northern|Flight|Night Walk/u.test(one.path));
    if (!source) throw new Error(`no tagged sample of ${format}`);
    const { outcome } = await cleanAlone(source.path, ['credit']);
    expect(outcome.kept.map((key) => key.split(':')[1])).toEqual(expect.arrayContaining(['Artist', 'Title']));
    expect(outcome.removed.length).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ verified: true, bitIdentical: true });
  });

  it.each(['mp3', 'flac', 'm4a'] as const)('%s keeps its cover when asked, and says when it goes', async (format) => {
    const source = samples.find((one) => one.format === format && /Morning|Contour|Harbour/u.test(one.path));
    if (!source) throw new Error(`no sample of ${format} with a cover`);
    const kept = await cleanAlone(source.path, ['cover']);
    expect(kept.outcome.kept.some((key) => /Picture|CoverArt/u.test(key))).toBe(true);
    const gone = await cleanAlone(source.path);
    expect(gone.outcome.notes).toContain('coverRemoved');
    expect(gone.outcome.file.sizeBytes).toBeLessThan(kept.outcome.file.sizeBytes);
  });

  it('says what it could not keep', async () => {
    const wav = samples.find((one) => one.format === 'wav');
    if (!wav) throw new Error('no WAV sample');
    expect((await cleanAlone(wav.path, ['credit'])).outcome.notes).toContain('creditNotKept');
  });
});

describe('going wrong', () => {
  it('leaves nothing behind when it is canceled', async () => {
    const film = samples.find((one) => one.format === 'mp4');
    if (!film) throw new Error('no film');
    const dir = await mkdtemp(join(root, 'cancel-'));
    const ctx = context();
    ctx.abort.abort(new Error('canceled by the user'));
    await expect(runClean({ verb: 'clean', path: film.path, temp: { dir, stem: '.pingplex-x' }, keepGroups: [] }, ctx)).rejects.toThrow(
      'canceled',
    );
    const late = context();
    const running = runClean(
      { verb: 'clean', path: film.path, temp: { dir, stem: '.pingplex-x' }, keepGroups: [] },
      { ...late, progress: () => late.abort.abort(new Error('canceled midway')) },
    );
    await expect(running).rejects.toThrow('canceled midway');
    expect(await readdir(dir)).toEqual([]);
  });

  it('leaves nothing behind when the folder is missing', async () => {
    const film = samples.find((one) => one.format === 'jpeg');
    if (!film) throw new Error('no picture');
    const job = { verb: 'clean' as const, path: film.path, temp: { dir: join(root, 'not-there'), stem: '.pingplex-x' }, keepGroups: [] };
    await expect(runClean(job, context())).rejects.toMatchObject({ code: 'output.folderMissing' });
  });

  it('works on names that tools stumble over', async () => {
    const path = join(root, 'source.jpg');
    await picture().jpeg().toFile(path);
    await addSecrets(path);
    for (const name of ['-i.jpg', '$(x).jpg', 'line\nbreak.jpg', '%03d.jpg', 'a[page=1].jpg', 'emoji 🏖️.jpg']) {
      const odd = join(root, name);
      await copyFile(path, odd);
      const { outcome } = await cleanAlone(odd, ['credit']);
      expect(outcome, name).toMatchObject({ outcome: 'cleaned', verified: true, bitIdentical: true });
      expect(outcome.kept, name).toContain('IFD0:Artist');
    }
  });
});

describe.skipIf(sharedMedia().length === 0)('developer media', () => {
  /** Files with real, signed Content Credentials. */
  const SEALED = /^(?:CA?|XCA|E-sig-CA)\.jpg$/u;
  /** Files that are damaged or no media on purpose; each has its own error. */
  const REFUSED: Readonly<Record<string, string>> = {
    'nested_moov_1000.mp4': 'file.damaged',
    'riff_bomb_1000.wav': 'file.damaged',
    'id3v23_compression_underflow.mp3': 'file.damaged',
    'not-media.mp3': 'file.unsupported',
    'zero-bytes.mp4': 'file.empty',
  };

  it.each(sharedMedia().map((path) => [basename(path), path] as const))('%s', async (name, path) => {
    const code = REFUSED[name];
    if (code !== undefined) {
      await expect(cleanAlone(path)).rejects.toMatchObject({ code });
      return;
    }
    if (SEALED.test(name)) {
      const refused = { code: 'engine.stepNotPossible', params: { reason: 'hasCredentials' } };
      await expect(cleanAlone(path)).rejects.toMatchObject(refused);
      // Keeping marks of AI is no way out: any change breaks the seal.
      await expect(cleanAlone(path, ['credentials'])).rejects.toMatchObject(refused);
    }
    const { outcome } = await cleanAlone(path, [], { removeCredentials: true });
    expect(outcome).toMatchObject({ verified: true, bitIdentical: true });
    expect(await leftovers(outcome.file.tempPath)).toEqual([]);
    if (SEALED.test(name)) expect(outcome.notes).toContain('contentCredentialsRemoved');
  });
});
