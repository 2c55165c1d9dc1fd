import { account as ways } from './account.ts';
import { create } from './create.ts';
import { origin } from './origin.ts';
import { run } from './run.ts';
import { shell } from './shell.ts';
import { work } from './work.ts';

/** English texts of the window. Countable texts end in `_one` and `_other`; `{{n}}` is the count in the locale's digits. */
export const en = { ...shell, ...ways, ...work, ...origin, ...run, ...create };
