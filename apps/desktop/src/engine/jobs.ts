import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { JobContext } from './job-context.ts';

/** What a job answers, by its verb. */
type OutcomeFor<J extends EngineJob> = OutcomeOf<J['verb']>;

/**
 * Does one job. Every verb is loaded on first use, so that starting stays fast and a job pays only for its own libraries.
 * @throws AppError with the code for the user; whatever `ctx.signal` was aborted with
 */
export async function runJob<J extends EngineJob>(job: J, ctx: JobContext): Promise<OutcomeFor<J>>;
export async function runJob(job: EngineJob, ctx: JobContext): Promise<OutcomeOf<EngineJob['verb']>> {
  ctx.signal.throwIfAborted();
  switch (job.verb) {
    case 'inspect':
      return (await import('./inspect/run-inspect.ts')).runInspect(job, ctx);
    case 'thumbnail':
      return (await import('./preview/run-thumbnail.ts')).runThumbnail(job, ctx);
    case 'preview':
      return (await import('./preview/run-preview.ts')).runPreview(job, ctx);
    case 'waveform':
      return (await import('./preview/run-waveform.ts')).runWaveform(job, ctx);
    case 'verify':
      return (await import('./inspect/run-verify.ts')).runVerify(job, ctx);
    case 'clean':
      return (await import('./clean/run-clean.ts')).runClean(job, ctx);
    case 'convert':
      return (await import('./convert/run-convert.ts')).runConvert(job, ctx);
    case 'unicalize':
      return (await import('./unicalize/run-unicalize.ts')).runUnicalize(job, ctx);
    case 'compare':
      return (await import('./measure/run-compare.ts')).runCompare(job, ctx);
    default:
      throw new AppError('engine.usage', `unknown verb ${JSON.stringify(job satisfies never)}`);
  }
}
