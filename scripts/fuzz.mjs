// Lets the engine work on thousands of broken files: npm run fuzz -- --help
import path from 'node:path';
import { DESKTOP, pinnedNode, toolEnvironment } from './lib/paths.mjs';
import { become, fail, refuseUnknownOptions, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';

const HELP = `npm run fuzz -- [--executions N] [--seed N] [--from N] [--minutes M] [--workers N] [--media DIR]… [--json FILE] [--table PAGE] [--keep DIR]

Changes good media files in thousands of ways (bits, lengths, pieces of one in another, cuts) and lets the engine inspect, draw and clean
them in worker processes under the app's own limits. Prints a summary as JSON; ends with 1 when something was found.

  --executions N  how many (default 10000)
  --seed N        the same seed makes the same files (default 20261123)
  --from N        number of the first one, to repeat a finding with --executions 1
  --minutes M     stop after so long
  --workers N     engine processes at once (default: number of cores)
  --samples DIR   where the sample media are kept (default: made anew and removed)
  --media DIR     further good files; may be given several times
  --json FILE     write the summary there too
  --table PAGE    write its figures into a page, between the marks for them (docs/media.md has them)
  --keep DIR      write the files of all findings there`;

const args = process.argv.slice(2);
try {
  if (args.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  const named = ['executions', 'seed', 'from', 'minutes', 'workers', 'samples', 'media', 'json', 'table', 'keep'];
  refuseUnknownOptions(args, Object.fromEntries(named.map((name) => [`--${name}`, true])));
  await setup();
  const cwd = process.env.INIT_CWD ?? process.cwd();
  become(pinnedNode(), [path.join(DESKTOP, 'fuzz', 'fuzz.ts'), ...args], { env: toolEnvironment(), cwd });
} catch (error) {
  fail(error);
}
