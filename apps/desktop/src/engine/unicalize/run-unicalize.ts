import type { UnicalizeJob, UnicalizeOutcome } from '@pingplex/shared/contracts/engine';
import type { z } from 'zod';
import { originNotes } from '../inspect/origin-notes.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { ENGINE_VERSION } from '../version.ts';
import { targetsFor } from './presets.ts';
import { sweep } from './sweep.ts';
import { unicalizeFilm } from './unicalize-film.ts';
import { unicalizePicture } from './unicalize-picture.ts';
import { unicalizeSound } from './unicalize-sound.ts';

type Job = Omit<z.infer<typeof UnicalizeJob>, 'verb'>;

const WORK = { image: unicalizePicture, audio: unicalizeSound, video: unicalizeFilm } as const;

/**
 * Makes distinct variants of one file and measures each: distance from the source and from all sisters, quality against the same
 * geometry. The same seed on the same version of the engine gives the same bytes. Either all variants are written or none stays.
 * @throws AppError engine.stepNotPossible with a `reason`; file.*; output.*; the signal's reason on abort
 */
export async function runUnicalize(job: Job, ctx: JobContext): Promise<UnicalizeOutcome> {
  const { kind } = await sniff(job.path);
  try {
    const variants = await WORK[kind](job.path, job.temp, job.settings, targetsFor(kind, job.settings), ctx);
    return { variants, engineVersion: ENGINE_VERSION, notes: await originNotes(job.path) };
  } catch (thrown) {
    await sweep(job.temp, job.settings.variants);
    ctx.signal.throwIfAborted();
    throw thrown;
  }
}
