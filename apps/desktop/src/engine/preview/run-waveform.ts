import type { WaveformJob, WaveformOutcome } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { probeStreams } from '../binaries/av.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { integratedLoudness } from './integrated.ts';
import { readPeaks } from './peaks.ts';

/** Share of the job that the peaks take when the loudness is measured too. */
const PEAKS_SHARE = 0.5;

/** Runs a `waveform` job on sound, or on the sound of a film. */
export async function runWaveform(job: z.infer<typeof WaveformJob>, ctx: JobContext): Promise<WaveformOutcome> {
  const { format, kind } = await sniff(job.path);
  if (kind === 'image') throw new AppError('engine.stepNotPossible', 'a picture has no sound', { params: { reason: 'noSound' } });
  const share = job.loudness === true ? PEAKS_SHARE : 1;
  const shape = await readPeaks(job.path, format, job.peaks, ctx.signal, (fraction) => ctx.progress(fraction * share));
  const { audio } = job.loudness === true ? await probeStreams(job.path, format) : { audio: undefined };
  const loudness = audio && (await integratedLoudness(job.path, format, audio, ctx.signal));
  ctx.progress(1);
  return loudness === undefined ? shape : { ...shape, loudnessLufs: Number(loudness.toFixed(2)) };
}
