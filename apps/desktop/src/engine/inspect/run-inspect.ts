import type { InspectJob, InspectOutcome, Tag } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { probeHeaders, probeStreams, type StreamProbe } from '../binaries/av.ts';
import type { JobContext } from '../job-context.ts';
import { type ByteSource, withByteSource } from '../probe/byte-source.ts';
import { checkPixels } from '../probe/image-size.ts';
import { hasMovie } from '../probe/iso-media.ts';
import { type Sniffed, sniffSource } from '../probe/sniff.ts';
import { isTruncated } from '../probe/truncation.ts';
import { readCredentials } from './credentials.ts';
import { fileTraces, NO_TRACES } from './file-traces.ts';
import { findGenerationData } from './generation.ts';
import { type ImageFacts, imageFacts } from './image-facts.ts';
import { mergeTags } from './merge-tags.ts';
import { findPrivacyFlags } from './privacy.ts';
import { quickTags } from './quick-tags.ts';
import { streamTags } from './stream-tags.ts';
import { summarize } from './summary.ts';

type Depth = z.infer<typeof InspectJob>['depth'];

type Readings = {
  readonly probe?: StreamProbe;
  readonly image?: ImageFacts;
  /** What could not be read, in words for a developer; empty when all was well. */
  readonly troubles: readonly string[];
};

async function readStreams(path: string, sniffed: Sniffed, depth: Depth): Promise<Readings> {
  try {
    const { format, sizeBytes } = sniffed;
    const probe = depth === 'quick' ? await probeHeaders(path, format, sizeBytes) : await probeStreams(path, format);
    if (sniffed.kind === 'image')
      checkPixels(probe.video?.width && probe.video.height ? { width: probe.video.width, height: probe.video.height } : undefined);
    return { probe, troubles: probe.streams.length === 0 ? ['noStreams'] : [] };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'file.damaged') return { troubles: ['streamsUnreadable'] };
    throw thrown;
  }
}

async function readFacts(path: string, sniffed: Sniffed, depth: Depth): Promise<Readings> {
  if (sniffed.kind !== 'image' || (sniffed.format === 'jxl' && !sniffed.size)) return readStreams(path, sniffed, depth);
  const image = await imageFacts(path, sniffed);
  // The picture library knows still AVIF only; moving ones are films to it.
  if (!image && sniffed.format === 'avif' && (await hasMovie(path))) return readStreams(path, sniffed, depth);
  const mustOpen = sniffed.format !== 'raw' && sniffed.format !== 'heic' && sniffed.format !== 'jxl';
  return { ...(image ? { image } : {}), troubles: !image && mustOpen ? ['headerUnreadable'] : [] };
}

async function readAllTags(path: string, notes: string[]): Promise<readonly Tag[]> {
  // Loaded here so that a quick look never pays for it.
  const { readEveryTag } = await import('../binaries/exiftool.ts');
  try {
    const { tags, isCut } = await readEveryTag(path);
    if (isCut) notes.push('timedValuesCut');
    return tags;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    notes.push('exifToolFailed');
    return [];
  }
}

const isError = (tag: Tag) => tag.key === 'ExifTool:Error';

/**
 * Reads one opened file: what it is, its tags, and what they give away.
 * @param depth `quick` reads headers only; `full` adds everything that ExifTool knows
 * @throws AppError as `sniffSource`
 */
export async function inspectSource(source: ByteSource, depth: Depth): Promise<InspectOutcome> {
  const { path } = source.facts;
  const sniffed = await sniffSource(source);
  const notes: string[] = [];
  const [quick, readings, truncated, all] = await Promise.all([
    quickTags(source, sniffed),
    readFacts(path, sniffed, depth),
    isTruncated(source, sniffed.format),
    depth === 'full' ? readAllTags(path, notes) : [],
  ]);
  const tags = mergeTags(all, quick, readings.probe ? streamTags(readings.probe, sniffed.format) : []);
  const warnings = all
    .filter((tag) => isError(tag) || tag.key === 'ExifTool:Warning')
    .map((tag) => tag.value)
    // What it says may be found by reading on was read.
    .filter((text) => !text.includes('ExtractEmbedded'));
  if (truncated) notes.push('endsEarly');
  const credentials = depth === 'full' ? await readCredentials(path, sniffed, [...tags, ...quick]) : undefined;
  const generation = findGenerationData(tags);
  const traces = depth === 'full' ? await fileTraces(path) : NO_TRACES;
  return {
    kind: sniffed.kind,
    format: sniffed.format,
    sizeBytes: sniffed.sizeBytes,
    nameMismatch: sniffed.nameMismatch,
    damaged: truncated || readings.troubles.length > 0 || all.some(isError),
    summary: summarize(sniffed, tags, readings.probe, readings.image),
    tags: [...tags, ...traces.tags],
    privacy: [...findPrivacyFlags(tags), ...traces.privacy],
    ...(credentials ? { credentials } : {}),
    ...(generation.length > 0 ? { generation } : {}),
    notes: [...notes, ...readings.troubles, ...traces.notes, ...warnings],
  };
}

/** Runs an `inspect` job. */
export async function runInspect(job: z.infer<typeof InspectJob>, ctx: JobContext): Promise<InspectOutcome> {
  const outcome = await withByteSource(job.path, (source) => inspectSource(source, job.depth));
  ctx.signal.throwIfAborted();
  ctx.progress(1);
  return outcome;
}
