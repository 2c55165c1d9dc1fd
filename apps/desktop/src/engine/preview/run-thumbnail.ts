import type { ThumbnailJob, ThumbnailOutcome } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { Sharp } from 'sharp';
import type { z } from 'zod';
import { writeAside } from '../../output/index.ts';
import { probeStreams } from '../binaries/av.ts';
import { loadSharp } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { withByteSource } from '../probe/byte-source.ts';
import { type Sniffed, sniffSource } from '../probe/sniff.ts';
import { isTruncated } from '../probe/truncation.ts';
import { readPeaks } from './peaks.ts';
import { openForDisplay } from './picture.ts';
import { runStrip } from './run-strip.ts';
import { filmFrame } from './video-frame.ts';
import { barsFor, drawWaveform } from './waveform-picture.ts';

type Job = z.infer<typeof ThumbnailJob>;

const WEBP = { quality: 82, effort: 2 } as const;
/** The first frames of many films are black or a fade. */
const POSTER_SHARE = 0.1;
/** Where to look instead when that frame is all but black (mean of all bytes below this). */
const SECOND_TRY_SHARE = 0.4;
const DARK = 14;

function brightness(data: Buffer): number {
  let sum = 0;
  for (const byte of data) sum += byte;
  return data.length === 0 ? 0 : sum / data.length;
}

async function sound(job: Job, sniffed: Sniffed, ctx: JobContext): Promise<Sharp> {
  const { peaks } = await readPeaks(job.path, sniffed.format, barsFor(job.size), ctx.signal, ctx.progress);
  return drawWaveform(peaks, job.size);
}

async function film(job: Job, sniffed: Sniffed, ctx: JobContext): Promise<Sharp> {
  const probe = await probeStreams(job.path, sniffed.format);
  if (!probe.video) {
    if (probe.audio) return sound(job, sniffed, ctx);
    throw new AppError('file.damaged', 'there is no picture and no sound inside');
  }
  const atMs = job.atMs ?? Math.round((probe.durationMs ?? 0) * POSTER_SHARE);
  const sharp = await loadSharp();
  const wish = { path: job.path, format: sniffed.format, stream: probe.video, side: job.size, signal: ctx.signal };
  const first = await filmFrame({ ...wish, atMs });
  const isDark = job.atMs === undefined && brightness(first.data) < DARK;
  const frame = isDark ? await filmFrame({ ...wish, atMs: Math.round((probe.durationMs ?? 0) * SECOND_TRY_SHARE) }) : first;
  return sharp(frame.data, { raw: { width: frame.width, height: frame.height, channels: 3 } });
}

function draw(job: Job, sniffed: Sniffed, ctx: JobContext): Promise<Sharp> {
  switch (sniffed.kind) {
    case 'image':
      return openForDisplay(job.path, sniffed, job.size, ctx.signal);
    case 'video':
      return film(job, sniffed, ctx);
    case 'audio':
      return sound(job, sniffed, ctx);
  }
}

/**
 * Runs a `thumbnail` job: an upright WebP in true colours, no larger than asked for and never enlarged.
 * @throws AppError as `sniff`; file.damaged when nothing of the file can be shown
 */
export async function runThumbnail(job: Job, ctx: JobContext): Promise<ThumbnailOutcome> {
  if (job.frames !== undefined) return runStrip(job, job.frames, ctx);
  const { sniffed, damaged } = await withByteSource(job.path, async (source) => {
    const known = await sniffSource(source);
    return { sniffed: known, damaged: await isTruncated(source, known.format) };
  });
  const picture = await draw(job, sniffed, ctx);
  ctx.signal.throwIfAborted();
  const { data, info } = await encode(picture, job.size);
  const { path } = await writeAside(job.temp, 1, 'webp', data);
  ctx.progress(1);
  return { path, mime: 'image/webp', width: info.width, height: info.height, damaged };
}

async function encode(picture: Sharp, size: number) {
  try {
    return await picture.resize(size, size, { fit: 'inside', withoutEnlargement: true }).webp(WEBP).toBuffer({ resolveWithObject: true });
  } catch (thrown) {
    throw new AppError('file.damaged', thrown instanceof Error ? thrown.message : 'the picture does not decode', { cause: thrown });
  }
}
