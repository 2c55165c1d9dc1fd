// Opens the product: the backend in sandbox mode (or with the keys found in the environment), then the desktop app.
import { spawn } from 'node:child_process';
import { electronArguments, findElectron } from './lib/electron.mjs';
import { ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, run, say } from './lib/run.mjs';
import { SERVER_DATA, startServer } from './lib/server-process.mjs';
import { setup } from './lib/setup.mjs';
import { ensureSystemPackages, isHeadless } from './lib/system.mjs';

if (process.argv.includes('--help')) {
  say(
    'npm start\n\nSets everything up, starts the backend and opens the app. Ends when the window is closed.\n\nEnvironment: OPENAI_API_KEY (real provider instead of the sandbox), PINGPLEX_SMTP_URL (real mails\ninstead of the page that shows them), DATABASE_URL (your PostgreSQL instead of the embedded one), ELECTRON_EXECUTABLE (an Electron of yours).',
  );
  process.exit(0);
}

try {
  if (isHeadless()) {
    say('No display here, so no window can open. Running the demo on a virtual display instead (npm run demo).');
    const { exitCode } = await run(process.execPath, ['scripts/demo.mjs'], { allowFailure: true });
    process.exit(exitCode);
  }
  await setup({ build: true });
  await ensureSystemPackages();
  const electron = await findElectron();
  say(`Electron ${electron.version} (${electron.from})`);
  const server = await startServer(['--port', '0', '--data', SERVER_DATA]);
  say(`Server at ${server.ready.url}`);
  if (server.ready.sandboxes.mail) say(`Its mails are shown at ${server.ready.sandboxes.mail}`);
  const env = toolEnvironment({ PINGPLEX_SERVER_URL: server.ready.url });
  const app = spawn(electron.executable, electronArguments(electron), { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => app.kill(signal));
  const code = await new Promise((resolve, reject) => {
    app.on('error', reject);
    app.on('close', resolve);
  });
  await server.stop();
  process.exit(code ?? 0);
} catch (error) {
  fail(error);
}
