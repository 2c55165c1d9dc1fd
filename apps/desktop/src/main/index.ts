import { app } from 'electron';
import { runApp } from './app/run-app.ts';
import { registerSchemes } from './protocol/schemes.ts';
import { forbiddenSwitch, guardWebContents } from './security/install.ts';

// The start order and nothing else: what must happen before the app is ready, the instance lock, then the app itself.
// As root on Linux Chromium starts only with --no-sandbox, and forcing its sandbox on would end in a crash loop; the scripts give the
// switch there and nowhere else.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
registerSchemes();
guardWebContents();

const forbidden = forbiddenSwitch((name) => app.commandLine.hasSwitch(name), app.isPackaged);
if (forbidden !== undefined) {
  process.stderr.write(`pingplex does not start with --${forbidden}\n`);
  app.exit(1);
} else if (!app.requestSingleInstanceLock({ argv: process.argv.slice(1), cwd: process.cwd() })) {
  app.exit(0);
} else {
  void runApp();
}
