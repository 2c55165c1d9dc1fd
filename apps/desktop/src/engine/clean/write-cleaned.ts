import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineJob } from '@pingplex/shared/contracts/engine';
import type { KeepGroup, MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { writeAside } from '../../output/index.ts';
import { writeTags } from '../binaries/exiftool.ts';
import type { JobContext } from '../job-context.ts';
import { type ByteSource, withByteSource } from '../probe/byte-source.ts';
import { blankHeif } from './blank-heif.ts';
import { type Coarse, coarseContainerTags, coarsePictureArgs } from './coarsen.ts';
import { keptId3, keptVorbis, pictureCopyArgs } from './keep-groups.ts';
import { bytesOf, type StripPlan } from './pieces.ts';
import { canRemux, remux } from './remux.ts';
import { stripAvi } from './strip-avi.ts';
import { stripFlac } from './strip-flac.ts';
import { stripGif } from './strip-gif.ts';
import { stripJpeg } from './strip-jpeg.ts';
import { stripJxl } from './strip-jxl.ts';
import { stripFrames } from './strip-mp3.ts';
import { stripPng } from './strip-png.ts';
import { stripTiff } from './strip-tiff.ts';
import { stripWav } from './strip-wav.ts';
import { stripWebp } from './strip-webp.ts';

type CleanJob = Extract<EngineJob, { verb: 'clean' }>;

export type Written = {
  /** Names of parts that were left out, for files in which no reader lists them. */
  readonly dropped: readonly string[];
  readonly notes: readonly string[];
  /** What `contentHash` of the source would be, where writing has found it out already. */
  readonly contentHash?: string;
};

/** Pictures are planned in memory; nothing that decodes within our pixel limit is larger. */
const MAX_PICTURE_BYTES = 1 << 30;

async function whole(source: ByteSource): Promise<Buffer> {
  if (source.sizeBytes > MAX_PICTURE_BYTES) {
    throw new AppError('file.tooLarge', 'picture file over 1 GiB', { params: { sizeBytes: source.sizeBytes } });
  }
  return await source.read(0, source.sizeBytes);
}

/** `finish` says that ExifTool has to go over the file that the plan makes. */
type Plan = StripPlan & { readonly finish?: boolean };

async function heifPlan(source: ByteSource): Promise<Plan> {
  const { plan, isSequence } = await blankHeif(source);
  return { ...plan, finish: !isSequence };
}

async function plan(source: ByteSource, format: MediaFormat, keep: readonly KeepGroup[]): Promise<Plan | undefined> {
  switch (format) {
    case 'jpeg':
      return stripJpeg(await whole(source));
    case 'png':
      return stripPng(await whole(source));
    case 'webp':
      return stripWebp(await whole(source));
    case 'gif':
      return stripGif(await whole(source));
    case 'jxl':
      return await stripJxl(source);
    case 'mp3':
    case 'aac':
      return await stripFrames(source, keptId3(keep));
    case 'flac':
      return await stripFlac(source, { keys: keptVorbis(keep), cover: keep.includes('cover'), chapters: keep.includes('chapters') });
    case 'wav':
      return await stripWav(source);
    case 'avi':
      return await stripAvi(source);
    case 'tiff':
      return await stripTiff(source);
    case 'heic':
    case 'avif':
      return await heifPlan(source);
    default:
      return undefined;
  }
}

async function* watched(pieces: AsyncIterable<Buffer>, ctx: JobContext): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    ctx.signal.throwIfAborted();
    yield piece;
  }
}

const PICTURES_WITH_TAGS: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'tiff'];

/** Parts of a TIFF that are pictures beside the pages. */
const EXTRA_PICTURES: ReadonlySet<string> = new Set(['TIFF:Thumbnail', 'TIFF:SubDirectories']);

/** Copies the kept groups from the source into a stripped picture. */
async function putBack(path: string, job: CleanJob, coarse: Coarse): Promise<void> {
  const [args, own] = [pictureCopyArgs(job.keepGroups), coarsePictureArgs(coarse)];
  if (args.length + own.length === 0) return;
  // ExifTool takes arguments by line; and a percent sign begins a pattern here; such a source gets a plain name for the moment.
  const folder = /[\r\n%]/u.test(job.path) ? await mkdtemp(join(tmpdir(), 'pingplex-name-')) : undefined;
  const source = folder === undefined ? job.path : join(folder, 'source');
  try {
    // Not every Windows account may make links.
    if (folder !== undefined) await symlink(job.path, source).catch(() => copyFile(job.path, source));
    await writeTags([...(args.length > 0 ? ['-tagsFromFile', source, ...args] : []), ...own], path);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** HEIC, AVIF and those TIFFs that can't be taken apart: ExifTool takes everything out of a copy and puts back what showing needs and what was asked for. */
async function cleanWithExifTool(path: string, job: CleanJob, format: MediaFormat, coarse: Coarse): Promise<void> {
  const args = pictureCopyArgs(job.keepGroups);
  // In a TIFF the first directory is the picture itself, so ExifTool leaves its text tags alone unless they are named.
  const all = format === 'tiff' ? ['-all=', '-CommonIFD0='] : ['-all='];
  await writeTags([...all, '-tagsFromFile', '@', '-icc_profile', '-orientation', ...args, ...coarsePictureArgs(coarse)], path);
}

/**
 * Writes the cleaned file to `path` (`tempPath(job.temp, 1, …)`).
 * @param coarse values to write less exactly than they were
 * @throws AppError `file.*`, `output.*`, `engine.unavailable` (HEIC, AVIF, TIFF or kept groups without ExifTool)
 */
export async function writeCleaned(path: string, job: CleanJob, format: MediaFormat, coarse: Coarse, ctx: JobContext): Promise<Written> {
  const keep = job.keepGroups;
  if (canRemux(format)) {
    const result = await remux(job.path, format, path, { keep, added: coarseContainerTags(coarse) }, ctx);
    return { dropped: result.dropped, notes: result.notes, contentHash: result.streamHashes.join(' ') };
  }
  const ext = path.slice(path.lastIndexOf('.') + 1);
  return await withByteSource(job.path, async (source) => {
    const stripped = await plan(source, format, keep);
    const pieces = stripped?.pieces ?? [{ from: 0, to: source.sizeBytes }];
    await writeAside(job.temp, 1, ext, watched(bytesOf(source, pieces), ctx));
    if (stripped === undefined || stripped.finish === true) await cleanWithExifTool(path, job, format, coarse);
    else if (PICTURES_WITH_TAGS.includes(format)) await putBack(path, job, coarse);
    const dropped = stripped?.dropped ?? [];
    return { dropped, notes: dropped.some((key) => EXTRA_PICTURES.has(key)) ? ['extraPicturesRemoved'] : [] };
  });
}
