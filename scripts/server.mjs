// Starts the backend alone. Arguments: see --help of the server itself.
import { toolEnvironment } from './lib/paths.mjs';
import { become, fail } from './lib/run.mjs';
import { SERVER_DATA, serverCommand } from './lib/server-process.mjs';
import { setup } from './lib/setup.mjs';

try {
  await setup();
  const given = process.argv.slice(2);
  const [command, args] = serverCommand(given.includes('--data') ? given : [...given, '--data', SERVER_DATA]);
  become(command, args, { env: toolEnvironment() });
} catch (error) {
  fail(error);
}
