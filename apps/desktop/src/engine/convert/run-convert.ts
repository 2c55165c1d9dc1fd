import type { ConvertOutcome, EngineJob } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder, isSameFile, removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import { probeStreams } from '../binaries/av.ts';
import { loadSharp, openImage } from '../binaries/images.ts';
import { originNotes } from '../inspect/origin-notes.ts';
import type { JobContext } from '../job-context.ts';
import { filmFrame } from '../preview/video-frame.ts';
import { assertUnchanged } from '../probe/open-file.ts';
import { type Sniffed, sniff } from '../probe/sniff.ts';
import { convertMedia } from './convert-media.ts';
import { checkAnimation, convertPicture, isPictureTarget, type PictureTarget, writePicture } from './convert-picture.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
type Converted = Pick<ConvertOutcome, 'summary' | 'notes'>;

/** One frame of a film as a picture: at the trim start, or at one tenth of the length. */
async function frameOf(job: ConvertJob, source: Sniffed, target: PictureTarget, output: string, ctx: JobContext): Promise<Converted> {
  const probe = await probeStreams(job.path, source.format);
  if (!probe.video) throw impossible(source.format, target, 'noPicture');
  const atMs = job.settings.trimStartMs ?? Math.round((probe.durationMs ?? 0) / 10);
  if (probe.durationMs !== undefined && atMs >= probe.durationMs && atMs > 0) throw impossible(source.format, target, 'trimBeyondEnd');
  const frame = await filmFrame({ path: job.path, format: source.format, stream: probe.video, side: 16_384, atMs, signal: ctx.signal });
  const sharp = await loadSharp();
  const picture = sharp(frame.data, { raw: { width: frame.width, height: frame.height, channels: 3 } });
  const result = await writePicture(picture, await picture.metadata(), job.settings, target, output);
  return { summary: result.summary, notes: [...result.notes] };
}

function impossible(from: MediaFormat, to: MediaFormat, reason: string): AppError {
  return new AppError('engine.stepNotPossible', `cannot convert ${from} to ${to}: ${reason}`, {
    params: { verb: 'convert', from, to, reason },
  });
}

/** A GIF with more than one frame is a film without sound. */
async function isAnimation(path: string): Promise<boolean> {
  const facts = await (await openImage(path)).metadata();
  checkAnimation(facts, 'gif');
  return (facts.pages ?? 1) > 1;
}

function checkSettings(job: ConvertJob): void {
  const { trimStartMs = 0, trimEndMs } = job.settings;
  if (trimEndMs !== undefined && trimEndMs <= trimStartMs) {
    throw new AppError('request.invalid', 'the end of the cut lies before its beginning', { field: 'settings.trimEndMs' });
  }
}

async function convert(job: ConvertJob, source: Sniffed, to: MediaFormat, output: string, ctx: JobContext): Promise<Converted> {
  const from = source.format;
  const target = FORMATS[to].kind;
  if (target === 'image') {
    if (!isPictureTarget(to)) throw impossible(from, to, 'notWritable');
    if (source.kind === 'audio') throw impossible(from, to, 'noPicture');
    if (source.kind === 'video') return await frameOf(job, source, to, output, ctx);
    const result = await convertPicture(job, source, to, output, ctx);
    const trimmed = job.settings.trimStartMs !== undefined || job.settings.trimEndMs !== undefined;
    return { summary: result.summary, notes: [...result.notes, ...(trimmed ? ['trimIgnored'] : [])] };
  }
  const isMoving = source.format === 'gif' && target === 'video' && (await isAnimation(job.path));
  if (source.kind === 'image' && !isMoving) throw impossible(from, to, target === 'video' ? 'stillPicture' : 'noSound');
  if (source.kind === 'audio' && target === 'video') throw impossible(from, to, 'noPicture');
  const result = await convertMedia(job, from, to, output, ctx);
  return { summary: result.summary, notes: [...result.notes] };
}

/**
 * Changes format, size, length or codec of one file into a new temporary file. Tags never travel to it.
 * @throws AppError `engine.stepNotPossible` (params `from`, `to`, `reason`), `request.invalid`, `file.*`, `output.*`; the
 *   signal's reason on abort. No temporary file is left behind then.
 */
export async function runConvert(job: ConvertJob, ctx: JobContext): Promise<ConvertOutcome> {
  ctx.signal.throwIfAborted();
  checkSettings(job);
  const source = await sniff(job.path);
  const format = job.settings.format ?? source.format;
  const ext = FORMATS[format].extensions[0];
  await checkFolder(job.temp.dir);
  const path = tempPath(job.temp, 1, ext);
  if (await isSameFile(path, job.path)) throw new AppError('output.sameAsSource', 'the temporary file would overwrite the source');
  try {
    const { summary, notes } = await convert(job, source, format, path, ctx);
    const origin = await originNotes(job.path);
    await assertUnchanged(source.facts);
    const sealed = await sealFile(path);
    ctx.signal.throwIfAborted();
    ctx.progress(1);
    return { file: { tempPath: path, ext, format, kind: FORMATS[format].kind, ...sealed }, summary, notes: [...origin, ...notes] };
  } catch (thrown) {
    await removeQuietly(path);
    throw ctx.signal.aborted ? ctx.signal.reason : thrown;
  }
}
