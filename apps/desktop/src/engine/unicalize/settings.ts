import type { UnicalizeJob } from '@pingplex/shared/contracts/engine';
import type { z } from 'zod';

/** What the user set for a unicalize step. */
export type UnicalizeSettings = z.infer<typeof UnicalizeJob>['settings'];
