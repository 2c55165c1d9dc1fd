// Packages the desktop app for this machine: npm run package -- [--installer]
import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findElectron } from './lib/electron.mjs';
import { CACHE, DESKTOP, pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';
import { stageEngine } from './lib/stage-engine.mjs';

const HELP = `npm run package -- [--installer]

Packages the app into apps/desktop/dist. Without an option: the unpacked directory, which needs no network. With --installer: the
installers of this system (AppImage and deb, dmg, nsis); electron-builder downloads its tools for that.`;

try {
  const installer = process.argv.includes('--installer');
  if (process.argv.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  await setup({ build: true });
  const electron = await findElectron();
  say(`Electron ${electron.version} (${electron.from})`);
  await stageEngine();
  const dist = path.join(CACHE, 'electron-dist');
  rmSync(dist, { recursive: true, force: true });
  const source = path.dirname(electron.executable);
  const isMac = process.platform === 'darwin';
  if (!isMac) {
    // The development copy may hold a link to this checkout as its app.
    cpSync(source, dist, { recursive: true, verbatimSymlinks: true, filter: (file) => file !== path.join(source, 'resources', 'app') });
  }
  const builder = path.join(ROOT, 'node_modules', 'electron-builder', 'cli.js');
  const args = [builder, '--config', path.join(ROOT, 'electron-builder.yml'), `-c.electronVersion=${electron.version}`, '--publish', 'never'];
  if (!isMac) args.push(`-c.electronDist=${dist}`);
  if (!installer) args.push('--dir');
  rmSync(path.join(DESKTOP, 'dist'), { recursive: true, force: true });
  const { exitCode, output } = await run(pinnedNode(), args, { cwd: DESKTOP, env: toolEnvironment(), quiet: true, allowFailure: true });
  if (exitCode !== 0 || !existsSync(path.join(DESKTOP, 'dist'))) throw Object.assign(new Error('Packaging failed.'), { output });
  say(`Packaged: ${path.join('apps', 'desktop', 'dist')}`);
} catch (error) {
  fail(error);
}
