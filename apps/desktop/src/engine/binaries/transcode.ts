import { AppError, toAppError } from '@pingplex/shared/errors';
import { errnoOf, outputError, removeQuietly } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import type { TranscodeJob, TranscodeResult } from './transcode-job.ts';
import { type VideoAdapter, videoAdapter } from './video-adapter.ts';

export type { AudioTrack, TranscodeJob, TranscodeResult, VideoTrack } from './transcode-job.ts';

/**
 * Decodes, filters, encodes and muxes one file. Tags of the source never travel. On abort or failure the output is
 * deleted. Cancel and progress get through all the time.
 * @throws AppError `file.damaged`, `engine.stepNotPossible`, `output.diskFull`, `output.*`; the signal's reason on abort
 */
export async function transcode(job: TranscodeJob, ctx: JobContext, adapter?: VideoAdapter): Promise<TranscodeResult> {
  const [result] = await transcodeAll([job], ctx, adapter);
  if (!result) throw new RangeError('one job has one result');
  return result;
}

/**
 * Makes several files of one source, which is decoded once. Every file has the bytes that `transcode` alone would give it. When one
 * fails, all do, and all outputs are deleted.
 * @param jobs same `input`, `inputFormat` and `threads`; either all of them want pictures (sound) or none
 * @param adapter what does the work; default is what the engine chose at its start
 * @throws as `transcode`
 */
export async function transcodeAll(jobs: readonly TranscodeJob[], ctx: JobContext, adapter?: VideoAdapter): Promise<TranscodeResult[]> {
  ctx.signal.throwIfAborted();
  try {
    const results = await withoutLostSound(jobs, ctx, adapter ?? (await videoAdapter()));
    for (const [i, { frames, audioLost }] of results.entries()) {
      if (frames === 0 && jobs[i]?.video !== undefined) throw new AppError('file.damaged', 'no picture could be decoded');
      if (audioLost && jobs[i]?.video === undefined) throw new AppError('file.damaged', 'no sound could be decoded');
    }
    ctx.progress(1);
    return results;
  } catch (thrown) {
    for (const { output } of jobs) await removeQuietly(output);
    if (ctx.signal.aborted) throw ctx.signal.reason;
    throw named(thrown);
  }
}

/** A muxer waits for the first packet of every stream, so a sound track without any means a second try without it. */
async function withoutLostSound(jobs: readonly TranscodeJob[], ctx: JobContext, adapter: VideoAdapter): Promise<TranscodeResult[]> {
  const results = await adapter.transcode(jobs, ctx);
  if (!results.some((result, i) => result.audioLost && jobs[i]?.video !== undefined)) return results;
  const pictures = jobs.map(({ audio: _lost, ...pictureOnly }) => pictureOnly);
  return (await adapter.transcode(pictures, ctx)).map((result) => ({ ...result, audioLost: true }));
}

function named(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  // FFmpegError of node-av; its class is known only where node-av was loaded.
  if (thrown instanceof Error && thrown.name === 'FFmpegError') {
    const full = /no space left/iu.test(thrown.message);
    return new AppError(full ? 'output.diskFull' : 'file.damaged', thrown.message, { cause: thrown });
  }
  return errnoOf(thrown) === undefined ? toAppError(thrown) : outputError(thrown, 'encoding');
}
