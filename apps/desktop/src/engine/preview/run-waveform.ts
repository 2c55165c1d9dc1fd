import type { WaveformJob, WaveformOutcome } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { readPeaks } from './peaks.ts';

/** Runs a `waveform` job on sound, or on the sound of a film. */
export async function runWaveform(job: z.infer<typeof WaveformJob>, ctx: JobContext): Promise<WaveformOutcome> {
  const { format, kind } = await sniff(job.path);
  if (kind === 'image') throw new AppError('engine.stepNotPossible', 'a picture has no sound', { params: { reason: 'noSound' } });
  const outcome = await readPeaks(job.path, format, job.peaks, ctx.signal, ctx.progress);
  ctx.progress(1);
  return outcome;
}
