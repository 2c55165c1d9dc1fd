// Makes the sample media: npm run samples -- [--output DIR]
import path from 'node:path';
import { DESKTOP, pinnedNode, toolEnvironment } from './lib/paths.mjs';
import { become, fail } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';

try {
  await setup();
  const cwd = process.env.INIT_CWD ?? process.cwd();
  become(pinnedNode(), [path.join(DESKTOP, 'samples', 'make-samples.ts'), ...process.argv.slice(2)], { env: toolEnvironment(), cwd });
} catch (error) {
  fail(error);
}
