// Packages the desktop app for this machine: npm run package -- [--installer]
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findElectron } from './lib/electron.mjs';
import { CACHE, DESKTOP, pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, refuseUnknownOptions, run, say } from './lib/run.mjs';
import { filesBelow, hashOf, setup, whenChanged } from './lib/setup.mjs';
import { stageEngine } from './lib/stage-engine.mjs';

const HELP = `npm run package -- [--installer]

Packages the app into apps/desktop/dist. Without an option: the unpacked directory, which needs no network and is made again only when
something that goes into it changed. With --installer: the installers of this system (AppImage and deb, dmg, nsis); electron-builder
downloads its tools for that.`;

const DIST = path.join(DESKTOP, 'dist');
const CONFIG = path.join(ROOT, 'electron-builder.yml');

/** Everything that a package is made of, apart from Electron itself. */
function inputs() {
  return [
    ...filesBelow(path.join(DESKTOP, 'src')),
    ...filesBelow(path.join(ROOT, 'packages', 'shared', 'src')),
    ...filesBelow(path.join(ROOT, 'scripts', 'lib')),
    ...['package.json', 'electron.vite.config.ts'].map((name) => path.join(DESKTOP, name)),
    ...['scripts/package.mjs', 'package-lock.json'].map((name) => path.join(ROOT, name)),
    CONFIG,
  ];
}

/** The Electron to pack, without what doesn't belong to it; undefined on macOS, where electron-builder takes its own download. */
function cleanElectron(electron) {
  if (process.platform === 'darwin') return undefined;
  const dist = path.join(CACHE, 'electron-dist');
  rmSync(dist, { recursive: true, force: true });
  const source = path.dirname(electron.executable);
  // The development copy may hold a link to this checkout as its app, and settings of the program that it was once part of.
  const foreign = ['resources/app', 'resources/app-update.yml', '.ready'].map((name) => path.join(source, name));
  cpSync(source, dist, { recursive: true, verbatimSymlinks: true, filter: (file) => !foreign.includes(file) });
  return dist;
}

async function pack(electron, installer) {
  await stageEngine();
  const dist = cleanElectron(electron);
  const builder = path.join(ROOT, 'node_modules', 'electron-builder', 'cli.js');
  const args = [builder, '--config', CONFIG, `-c.electronVersion=${electron.version}`, '--publish', 'never'];
  if (dist !== undefined) args.push(`-c.electronDist=${dist}`);
  if (!installer) args.push('--dir');
  rmSync(DIST, { recursive: true, force: true });
  const { exitCode, output } = await run(pinnedNode(), args, { cwd: DESKTOP, env: toolEnvironment(), quiet: true, allowFailure: true });
  if (dist !== undefined) rmSync(dist, { recursive: true, force: true });
  if (exitCode !== 0 || !isThere())
    throw Object.assign(new Error(`Packaging failed: electron-builder ended with ${exitCode}.`), { output });
}

function isThere() {
  return existsSync(DIST) && readdirSync(DIST).some((name) => name.includes('unpacked') || name.startsWith('mac'));
}

try {
  const installer = process.argv.includes('--installer');
  if (process.argv.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  refuseUnknownOptions(process.argv.slice(2), { '--installer': false });
  await setup({ build: true });
  const electron = await findElectron();
  say(`Electron ${electron.version} (${electron.from})`);
  if (installer) await pack(electron, true);
  else await whenChanged('package', `${hashOf(...inputs())} ${electron.version}`, isThere, () => pack(electron, false));
  say(`Packaged: ${path.join('apps', 'desktop', 'dist')}`);
} catch (error) {
  fail(error);
}
