import { utimes } from 'node:fs/promises';
import type { CleanOutcome, EngineJob, Tag } from '@pingplex/shared/contracts/engine';
import { FORMATS, type KeepGroup, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { isSameFile, removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import { readTagsFull } from '../binaries/exiftool.ts';
import type { JobContext } from '../job-context.ts';
import { assertUnchanged } from '../probe/open-file.ts';
import { type Sniffed, sniff } from '../probe/sniff.ts';
import { metadataKeys, notAllowed } from './allow-list.ts';
import { type Coarse, coarseFrom, coarseNotes } from './coarsen.ts';
import { contentHash, firstFramesHash } from './content-hash.ts';
import { hasCredentials, notesAbout } from './notes.ts';
import { writeCleaned } from './write-cleaned.ts';

type CleanJob = Extract<EngineJob, { verb: 'clean' }>;

/** All tags of a file, or undefined where ExifTool can't run. */
async function readTags(path: string): Promise<Tag[] | undefined> {
  try {
    return await readTagsFull(path);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'engine.unavailable') return undefined;
    throw thrown;
  }
}

/** A source may carry tags that even ExifTool chokes on; that must not keep it from being cleaned. */
async function readSourceTags(path: string): Promise<Tag[] | undefined> {
  return await readTags(path).catch(() => []);
}

/** Proof of origin goes only when somebody has said so: it can't be kept valid, and it can't be brought back. */
function refuseCredentials(job: CleanJob, before: readonly Tag[]): void {
  if (job.removeCredentials === true || !hasCredentials(before)) return;
  throw new AppError('engine.stepNotPossible', 'the file carries Content Credentials, and nobody said that they may go', {
    params: { reason: 'hasCredentials', verb: 'clean' },
  });
}

type Proof = { readonly verified: boolean; readonly after: readonly Tag[] };

async function prove(path: string, keep: readonly KeepGroup[], isTiff: boolean, coarse: Coarse): Promise<Proof> {
  const after = await readTags(path);
  if (after === undefined) return { verified: false, after: [] };
  const left = notAllowed(after, keep, isTiff, coarse);
  if (left.length > 0) {
    const keys = left.map((tag) => tag.key);
    throw new AppError('output.verifyFailed', `tags that should be gone: ${keys.join(', ')}`, {
      params: { tags: keys.slice(0, 20).join(', ') },
    });
  }
  return { verified: true, after };
}

async function sameContent(
  job: CleanJob,
  path: string,
  format: MediaFormat,
  written: string | undefined,
  ctx: JobContext,
): Promise<boolean | undefined> {
  const [before, after] = await Promise.all([written ?? contentHash(job.path, format, ctx), contentHash(path, format, ctx)]);
  if (before === undefined || after === undefined) return undefined;
  if (before !== after || written === undefined) return before === after;
  const [shownBefore, shownAfter] = await Promise.all([firstFramesHash(job.path, format, ctx), firstFramesHash(path, format, ctx)]);
  return shownBefore === shownAfter;
}

async function cleanTo(path: string, job: CleanJob, source: Sniffed, ctx: JobContext): Promise<CleanOutcome> {
  const { format } = source;
  const isTiff = format === 'tiff';
  const { coarsen } = job;
  const keep = job.keepGroups.filter((group) => coarsen === undefined || !(group in coarsen));
  const reading = readSourceTags(job.path);
  // Only what is made coarser has to be known before the file is written.
  const coarse = coarsen === undefined ? {} : coarseFrom((await reading) ?? [], coarsen);
  const [before, written] = await Promise.all([reading, writeCleaned(path, { ...job, keepGroups: keep }, format, coarse, ctx)]);
  ctx.progress(0.5);
  ctx.signal.throwIfAborted();
  refuseCredentials(job, before ?? []);
  const proof = await prove(path, keep, isTiff, coarse);
  ctx.progress(0.7);
  const same = await sameContent(job, path, format, written.contentHash, ctx);
  if (same === false) throw new AppError('output.verifyFailed', 'picture or sound would not be the same after cleaning');
  await assertUnchanged(source.facts);
  ctx.signal.throwIfAborted();
  // A cleaned copy keeps the file's own date; readers of folders sort by it.
  if (job.keepFileDates !== false) await utimes(path, new Date(), new Date(source.facts.mtimeMs));
  const sealed = await sealFile(path);
  const keysAfter = new Set(metadataKeys(proof.after, isTiff));
  const gone = metadataKeys(before ?? [], isTiff).filter((key) => !keysAfter.has(key));
  // What no reader lists (bytes behind the end, unknown chunks) is named by the stripper; it counts only when nothing else does.
  const removed = gone.length > 0 ? gone : [...written.dropped];
  const notes = [
    ...notesAbout({ before: before ?? [], after: proof.after, keep, format, written: written.notes }),
    ...coarseNotes(proof.after, coarsen, coarse),
  ];
  return {
    outcome: removed.length === 0 ? 'alreadyClean' : 'cleaned',
    file: { tempPath: path, ext: FORMATS[format].extensions[0], format, kind: source.kind, ...sealed },
    removed,
    kept: keptKeys(before ?? [], proof.after, keysAfter),
    verified: proof.verified,
    bitIdentical: same === true,
    notes: [...notes, ...(proof.verified ? [] : ['notVerified']), ...(same === undefined ? ['contentNotCompared'] : [])],
  };
}

/** Metadata that is still there, and the two things that showing a picture needs. */
function keptKeys(before: readonly Tag[], after: readonly Tag[], keysAfter: ReadonlySet<string>): string[] {
  const had = new Set(before.map((tag) => tag.key));
  const needed = after.map((tag) => tag.key).filter((key) => key === 'IFD0:Orientation' || key === 'ICC_Profile:ProfileDescription');
  return [...new Set([...keysAfter, ...needed])].filter((key) => had.has(key));
}

/**
 * Takes the metadata out of a file without touching picture or sound, into a new temporary file, and proves both by
 * reading that file again. The source is never written.
 * @throws AppError `engine.stepNotPossible` (RAW; Content Credentials that nobody allowed to remove), `output.verifyFailed` when anything unwanted is left or the content
 *   would change, `file.*`, `output.*`; the signal's reason on abort. No temporary file is left behind then.
 */
export async function runClean(job: CleanJob, ctx: JobContext): Promise<CleanOutcome> {
  ctx.signal.throwIfAborted();
  const source = await sniff(job.path);
  if (source.format === 'raw') {
    throw new AppError('engine.stepNotPossible', 'RAW files hold what developing them needs in the same tags', {
      params: { reason: 'rawTags', verb: 'clean', format: 'raw' },
    });
  }
  const path = tempPath(job.temp, 1, FORMATS[source.format].extensions[0]);
  if (await isSameFile(path, job.path)) throw new AppError('output.sameAsSource', 'the temporary file would overwrite the source');
  try {
    const outcome = await cleanTo(path, job, source, ctx);
    ctx.progress(1);
    return outcome;
  } catch (thrown) {
    await removeQuietly(path);
    throw ctx.signal.aborted ? ctx.signal.reason : thrown;
  }
}
