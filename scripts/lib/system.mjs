import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run, say } from './run.mjs';

/** What Electron, its virtual display and a keychain need on Debian and Ubuntu: package → a file that proves it is there. */
const DESKTOP_PACKAGES = {
  xvfb: '/usr/bin/Xvfb',
  xauth: '/usr/bin/xauth',
  'libgtk-3-0': 'libgtk-3.so.0',
  libnss3: 'libnss3.so',
  libgbm1: 'libgbm.so.1',
  libasound2: 'libasound.so.2',
  libxss1: 'libXss.so.1',
  libxtst6: 'libXtst.so.6',
  libnotify4: 'libnotify.so.4',
  libdrm2: 'libdrm.so.2',
  dbus: '/usr/bin/dbus-run-session',
  'dbus-x11': '/usr/bin/dbus-launch',
  'gnome-keyring': '/usr/bin/gnome-keyring-daemon',
  'libsecret-1-0': 'libsecret-1.so.0',
};

/** Programs that tests drive: the second video adapter runs in an `ffmpeg` executable. */
export const TEST_PACKAGES = { ffmpeg: '/usr/bin/ffmpeg' };

/** Programs that `npm run bench` compares us with. */
export const PEER_PACKAGES = {
  ffmpeg: '/usr/bin/ffmpeg',
  imagemagick: '/usr/bin/convert',
  'libimage-exiftool-perl': '/usr/bin/exiftool',
  'libvips-tools': '/usr/bin/vipsthumbnail',
  'libchromaprint-tools': '/usr/bin/fpcalc',
  'postgresql-contrib': null,
};

async function missingOf(packages) {
  const { output } = await run('ldconfig', ['-p'], { quiet: true, allowFailure: true }).catch(() => ({ output: '' }));
  const libraries =
    output || (await run('/sbin/ldconfig', ['-p'], { quiet: true, allowFailure: true }).catch(() => ({ output: '' }))).output;
  return Object.entries(packages)
    .filter(([, proof]) => proof !== null && !(proof.startsWith('/') ? existsSync(proof) : libraries.includes(proof)))
    .map(([name]) => name);
}

/** Newer releases carry some libraries under a name that ends in `t64` (64-bit time). */
async function nameHere(name) {
  const { exitCode } = await run('apt-cache', ['show', `${name}t64`], { quiet: true, allowFailure: true }).catch(() => ({ exitCode: 1 }));
  return exitCode === 0 ? `${name}t64` : name;
}

/** True on a Linux without a screen. */
export function isHeadless() {
  return process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
}

/**
 * Makes sure that the system packages are there. As root it installs them; as anybody else it stops and prints the command to run.
 * @param {Record<string, string | null>} packages package → proof
 */
export async function ensureSystemPackages(packages = DESKTOP_PACKAGES) {
  if (process.platform !== 'linux') return;
  const missing = await missingOf(packages);
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...(await Promise.all(missing.map(nameHere)))];
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    throw new Error(
      `These system packages are missing: ${missing.join(' ')}\nInstall them and start again:\n\n  sudo ${install.join(' ')}\n`,
    );
  }
  say(`Installing system packages: ${missing.join(' ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { quiet: true, env });
  const known = await Promise.all(missing.map(nameHere));
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...known], { quiet: true, env });
}

/**
 * A place where a window can open: the user's own screen, or a virtual one with its own session bus and an unlocked, empty keychain.
 * @param {{virtual: boolean, size?: string}} options virtual: use a virtual screen whatever is there (Linux only)
 * @returns {Promise<{env: Record<string, string | undefined>, wrap(command: string, args: string[]): [string, string[]], close(): void}>}
 */
export async function openDesktop({ virtual, size = '1600x1000x24' }) {
  if (process.platform !== 'linux' || !virtual) return { env: {}, wrap: (command, args) => [command, args], close: () => {} };
  const home = mkdtempSync(path.join(os.tmpdir(), 'pingplex-desktop-'));
  for (const name of ['run', 'data', 'config', 'cache']) mkdirSync(path.join(home, name), { mode: 0o700 });
  const { display, child } = await startXvfb(size);
  return {
    env: {
      DISPLAY: display,
      WAYLAND_DISPLAY: undefined,
      XDG_RUNTIME_DIR: path.join(home, 'run'),
      XDG_DATA_HOME: path.join(home, 'data'),
      XDG_CONFIG_HOME: path.join(home, 'config'),
      XDG_CACHE_HOME: path.join(home, 'cache'),
      NO_AT_BRIDGE: '1',
    },
    // The keyring is unlocked with an empty line as its password; it lives in `home` and dies with it.
    wrap: (command, args) => [
      'dbus-run-session',
      [
        '--',
        'sh',
        '-c',
        'printf "\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec "$@"',
        'sh',
        command,
        ...args,
      ],
    ],
    close: () => {
      child.kill();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function startXvfb(size) {
  return new Promise((resolve, reject) => {
    const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp', '-noreset'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The virtual display ended with ${code}: ${log.slice(-300)}`)));
    child.stdio[3].once('data', (chunk) => resolve({ display: `:${String(chunk).trim()}`, child }));
  });
}
