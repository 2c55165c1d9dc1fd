import { app, dialog } from 'electron';
import { givenArguments, shortenArguments } from './app/open-files.ts';
import { runApp } from './app/run-app.ts';
import { registerSchemes } from './protocol/schemes.ts';
import { forbiddenSwitch, guardWebContents } from './security/install.ts';

// The start order and nothing else: what must happen before the app is ready, the instance lock, then the app itself.
// As root on Linux Chromium starts only with --no-sandbox, and forcing its sandbox on would end in a crash loop; the scripts give the
// switch there and nowhere else.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
// Our pages come from the asar; what Chromium caches of them may be small.
app.commandLine.appendSwitch('disk-cache-size', '50000000');
// Chromium itself has no business on the network (it would fetch spelling dictionaries, for one): main talks to our server through Node.
// No name and no address resolves for it, a proxy's included.
app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
app.commandLine.appendSwitch('disable-component-update');
registerSchemes();
guardWebContents();

const args = givenArguments(process.argv, process.defaultApp);
const forbidden = forbiddenSwitch((name) => app.commandLine.hasSwitch(name), app.isPackaged);
const shortened = forbidden === undefined ? shortenArguments(args, process.cwd(), app.getPath('userData')) : null;
if (forbidden !== undefined) {
  process.stderr.write(`pingplex does not start with --${forbidden}\n`);
  app.exit(1);
} else if (shortened !== null) {
  app.relaunch({ args: [...process.argv.slice(1, process.argv.length - args.length), ...shortened] });
  app.exit(0);
} else if (!app.requestSingleInstanceLock({ argv: args, cwd: process.cwd() })) {
  app.exit(0);
} else {
  runApp(args).catch((error: unknown) => {
    dialog.showErrorBox('pingplex', error instanceof Error ? error.message : String(error));
    app.exit(1);
  });
}
