// Every mail as files to look at: npm run mails -- --out DIR
import path from 'node:path';
import { pinnedNode, SERVER, toolEnvironment } from './lib/paths.mjs';
import { become, fail } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';

try {
  await setup();
  become(pinnedNode(), [path.join(SERVER, 'src', 'cli', 'preview-mails.ts'), ...process.argv.slice(2)], { env: toolEnvironment() });
} catch (error) {
  fail(error);
}
