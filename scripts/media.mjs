// The engine's command line, pingplex-media: npm run -s media -- --help
import path from 'node:path';
import { DESKTOP, pinnedNode, toolEnvironment } from './lib/paths.mjs';
import { become, fail } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';

try {
  await setup();
  // File names are relative to where the user stands, not to the repository; npm tells where that is.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  become(pinnedNode(), [path.join(DESKTOP, 'src', 'engine', 'cli.ts'), ...process.argv.slice(2)], { env: toolEnvironment(), cwd });
} catch (error) {
  fail(error);
}
