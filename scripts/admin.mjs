// The operator's commands: npm run admin -- --help
import path from 'node:path';
import { pinnedNode, SERVER, toolEnvironment } from './lib/paths.mjs';
import { become, fail } from './lib/run.mjs';
import { SERVER_DATA } from './lib/server-process.mjs';
import { setup } from './lib/setup.mjs';

try {
  await setup();
  const given = process.argv.slice(2);
  const args = given.includes('--data') || process.env.DATABASE_URL ? given : [...given, '--data', SERVER_DATA];
  become(pinnedNode(), [path.join(SERVER, 'src', 'cli', 'admin.ts'), ...args], { env: toolEnvironment() });
} catch (error) {
  fail(error);
}
