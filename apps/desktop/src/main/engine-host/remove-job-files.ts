import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineJob } from '@pingplex/shared/contracts/engine';
import { errnoOf, withLockRetries } from '../../output/index.ts';

/** Takes away what a job wrote aside: `<dir>/<stem>-…`. A worker that was killed can't do it itself. */
export async function removeJobFiles(job: EngineJob): Promise<void> {
  if (!('temp' in job)) return;
  const { dir, stem } = job.temp;
  const names = await readdir(dir).catch((thrown: unknown) => {
    if (errnoOf(thrown) === 'ENOENT') return [];
    throw thrown;
  });
  for (const name of names) {
    if (name.startsWith(`${stem}-`)) await withLockRetries(() => rm(join(dir, name), { force: true, recursive: true }));
  }
}
