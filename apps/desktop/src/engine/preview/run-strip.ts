import type { ThumbnailJob, ThumbnailOutcome } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { OverlayOptions } from 'sharp';
import type { z } from 'zod';
import { writeAside } from '../../output/index.ts';
import { probeStreams } from '../binaries/av.ts';
import { loadSharp } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { filmFrame } from './video-frame.ts';

const WEBP = { quality: 70, effort: 2 } as const;

/**
 * Frames of a film, evenly over its length, side by side in one picture: what is shown while a hand moves along the time bar. Each frame
 * stands for the stretch of film around its middle.
 * @throws AppError engine.stepNotPossible when there is no picture or no length, file.damaged when not one frame decodes
 */
export async function runStrip(job: z.infer<typeof ThumbnailJob>, count: number, ctx: JobContext): Promise<ThumbnailOutcome> {
  const { kind, format } = await sniff(job.path);
  const { video, durationMs } = kind === 'video' ? await probeStreams(job.path, format) : { video: undefined, durationMs: undefined };
  if (!video || !durationMs) throw new AppError('engine.stepNotPossible', 'this is no film', { params: { reason: 'noPicture' } });
  const sharp = await loadSharp();
  const frames: OverlayOptions[] = [];
  let cell = { width: 0, height: 0 };
  let isWhole = true;
  for (let n = 0; n < count; n += 1) {
    ctx.signal.throwIfAborted();
    const atMs = Math.round(((n + 0.5) * durationMs) / count);
    const frame = await filmFrame({ path: job.path, format, stream: video, side: job.size, atMs, signal: ctx.signal });
    if (n === 0) cell = { width: frame.width, height: frame.height };
    // A film that changes its size midway would not fit its cell.
    if (frame.width === cell.width && frame.height === cell.height)
      frames.push({
        input: frame.data,
        raw: { width: frame.width, height: frame.height, channels: 3 },
        left: n * cell.width,
        top: 0,
      });
    else isWhole = false;
    ctx.progress((n + 1) / (count + 1));
  }
  const sheet = sharp({ create: { width: cell.width * count, height: cell.height, channels: 3, background: '#000' } });
  const { data, info } = await sheet.composite(frames).webp(WEBP).toBuffer({ resolveWithObject: true });
  const { path } = await writeAside(job.temp, 1, 'webp', data);
  ctx.progress(1);
  return { path, mime: 'image/webp', width: info.width, height: info.height, damaged: !isWhole };
}
