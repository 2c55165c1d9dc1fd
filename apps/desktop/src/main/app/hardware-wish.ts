import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';

type Run<O> = <J extends EngineJob>(job: J, options?: O) => Promise<OutcomeOf<J['verb']>>;

/**
 * An engine that may use hardware encoders for conversions, if the user wants that. Variants never get them: they must repeat bit for
 * bit.
 * @param cache file in which the engine keeps which encoders work on this machine
 */
export function wishingHardware<O>(run: Run<O>, isWanted: () => boolean, cache: string): Run<O> {
  return (job, options) => run(job.verb === 'convert' && isWanted() ? { ...job, hardware: { cache } } : job, options);
}
