import type { ConvertFigures, ConvertOutcome, EngineJob, Summary, WrittenFile } from '@pingplex/shared/contracts/engine';
import { convertFormat, convertPlan, destinationOf, destinationTakes, FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder, isSameFile, removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import { openImage } from '../binaries/images.ts';
import { originNotes } from '../inspect/origin-notes.ts';
import type { JobContext } from '../job-context.ts';
import { assertUnchanged } from '../probe/open-file.ts';
import { type Sniffed, sniff } from '../probe/sniff.ts';
import { convertMedia } from './convert-media.ts';
import { checkAnimation, convertPicture, isPictureTarget } from './convert-picture.ts';
import { impossible } from './facts.ts';
import { convertFrames, MAX_FRAMES } from './frames-out.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
type Made = {
  readonly path: string;
  readonly summary: Summary;
  readonly notes: readonly string[];
  readonly figures?: ConvertFigures;
};

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

/** @throws AppError `engine.stepNotPossible` `otherKind` when the destination takes nothing of this kind */
function checkDestination(job: ConvertJob, source: Sniffed, to: MediaFormat, isMoving: boolean): void {
  const place = destinationOf(job.settings.preset);
  if (place === undefined) return;
  const fits = destinationTakes(place, source.kind) || (isMoving && place.kind === 'video');
  if (!fits) throw impossible(source.format, to, 'otherKind');
}

async function convert(job: ConvertJob, source: Sniffed, to: MediaFormat, ext: string, ctx: JobContext): Promise<Made[]> {
  const from = source.format;
  const target = FORMATS[to].kind;
  const plan = convertPlan(job.settings);
  const path = tempPath(job.temp, 1, ext);
  const isMoving = source.format === 'gif' && target === 'video' && (await isAnimation(job.path));
  checkDestination(job, source, to, isMoving);
  if (target === 'image') {
    if (!isPictureTarget(to)) throw impossible(from, to, 'notWritable');
    if (source.kind === 'audio') throw impossible(from, to, 'noPicture');
    if (source.kind === 'video') return await convertFrames(job, plan, from, to, ext, ctx);
    const result = await convertPicture(job, source, to, path, ctx);
    const trimmed = plan.trimStartMs !== undefined || plan.trimEndMs !== undefined;
    return [{ path, summary: result.summary, notes: [...result.notes, ...(trimmed ? ['trimIgnored'] : [])] }];
  }
  if (source.kind === 'image' && !isMoving) throw impossible(from, to, target === 'video' ? 'stillPicture' : 'noSound');
  if (source.kind === 'audio' && target === 'video') throw impossible(from, to, 'noPicture');
  return [{ path, ...(await convertMedia(job, from, to, path, ctx)) }];
}

/**
 * Changes format, size, length or codec of one file into a new temporary file, or takes several frames out of it. Tags never travel.
 * @throws AppError `engine.stepNotPossible` (params `from`, `to`, `reason`), `request.invalid`, `file.*`, `output.*`; the
 *   signal's reason on abort. No temporary file is left behind then.
 */
export async function runConvert(job: ConvertJob, ctx: JobContext): Promise<ConvertOutcome> {
  ctx.signal.throwIfAborted();
  checkSettings(job);
  const source = await sniff(job.path);
  const format = convertFormat(job.settings, source.format);
  const { kind, extensions } = FORMATS[format];
  const [ext] = extensions;
  await checkFolder(job.temp.dir);
  const path = tempPath(job.temp, 1, ext);
  if (await isSameFile(path, job.path)) throw new AppError('output.sameAsSource', 'the temporary file would overwrite the source');
  try {
    const made = await convert(job, source, format, ext, ctx);
    const origin = await originNotes(job.path);
    await assertUnchanged(source.facts);
    const files: { file: WrittenFile; summary: Summary }[] = [];
    for (const one of made) {
      const sealed = await sealFile(one.path);
      files.push({ file: { tempPath: one.path, ext, format, kind, ...sealed }, summary: one.summary });
    }
    ctx.signal.throwIfAborted();
    const [first, ...more] = files;
    if (first === undefined) throw new AppError('file.damaged', 'nothing could be taken out of this file');
    ctx.progress(1);
    const notes = [...new Set([...origin, ...made.flatMap((one) => one.notes)])];
    const figures = made[0]?.figures ?? {};
    return {
      ...first,
      notes,
      ...(more.length > 0 ? { more } : {}),
      ...(Object.keys(figures).length > 0 ? { figures } : {}),
    };
  } catch (thrown) {
    const most = job.settings.frames === undefined ? 1 : MAX_FRAMES;
    for (let n = 1; n <= most; n += 1) await removeQuietly(tempPath(job.temp, n, ext));
    throw ctx.signal.aborted ? ctx.signal.reason : thrown;
  }
}
