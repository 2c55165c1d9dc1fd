import { account as ways } from './account.ts';
import { create } from './create.ts';
import { origin } from './origin.ts';
import { run } from './run.ts';
import { shell } from './shell.ts';
import { work } from './work.ts';

/** Russian texts of the window. Countable texts end in `_one`, `_few`, `_many` and `_other` (for fractions). */
export const ru = { ...shell, ...ways, ...work, ...origin, ...run, ...create };
