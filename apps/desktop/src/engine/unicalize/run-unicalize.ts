import type { UnicalizeJob, UnicalizeOutcome } from '@pingplex/shared/contracts/engine';
import type { z } from 'zod';
import { removeQuietly, tempPath } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { ENGINE_VERSION } from '../version.ts';
import { targetsFor } from './presets.ts';
import { unicalizePicture } from './unicalize-picture.ts';

type Job = Omit<z.infer<typeof UnicalizeJob>, 'verb'>;

/**
 * Makes distinct variants of one file and measures each: distance from the source and from all sisters, quality against the same
 * geometry. The same seed on the same version of the engine gives the same bytes. Either all variants are written or none stays.
 * @throws AppError engine.stepNotPossible with a `reason`; file.*; output.*; the signal's reason on abort
 */
export async function runUnicalize(job: Job, ctx: JobContext): Promise<UnicalizeOutcome> {
  const { kind } = await sniff(job.path);
  const targets = targetsFor(kind, job.settings);
  const work = { image: unicalizePicture }[kind as 'image'];
  try {
    return { variants: await work(job.path, job.temp, job.settings, targets, ctx), engineVersion: ENGINE_VERSION };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    throw thrown;
  }
}
