import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CACHE, DESKTOP, pinnedNode, ROOT, SERVER, toolEnvironment } from './paths.mjs';
import { run, say } from './run.mjs';

/** SHA-256 over the names and contents of files of this checkout. */
export function hashOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(ROOT.length)).update(readFileSync(file));
  return hash.digest('hex');
}

/** All files below a folder, sorted; none when it isn't there. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => statSync(file).isFile())
    .sort();
}

/** Does a step only when its inputs changed since it last succeeded. */
export async function whenChanged(name, hash, stillThere, step) {
  const stamp = path.join(CACHE, 'done', name);
  if (stillThere() && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  await step();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

async function installPackages() {
  const lock = path.join(ROOT, 'package-lock.json');
  const present = () => existsSync(path.join(ROOT, 'node_modules', '.package-lock.json'));
  await whenChanged(`packages-${process.platform}-${process.arch}`, hashOf(lock), present, async () => {
    say('Installing packages (first time or package-lock.json changed) …');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    // Both packages would fetch programs from elsewhere that we don't use.
    const env = { ...process.env, SKIP_FFMPEG: 'true', PRISMA_SKIP_POSTINSTALL_GENERATE: '1', npm_config_loglevel: 'error' };
    await run(npm, ['ci', '--no-audit', '--no-fund'], { env, quiet: true });
  });
}

async function generateDatabaseClient() {
  const schema = filesBelow(path.join(SERVER, 'prisma', 'schema'));
  const generated = () => existsSync(path.join(SERVER, 'src', 'db', 'generated', 'client.ts'));
  await whenChanged('database-client', hashOf(...schema), generated, async () => {
    await run(pinnedNode(), ['src/db/generate.ts'], { cwd: SERVER, env: toolEnvironment(), quiet: true });
  });
}

async function buildDesktop() {
  const sources = [
    ...['main', 'preload', 'renderer', 'output'].flatMap((room) => filesBelow(path.join(DESKTOP, 'src', room))),
    ...filesBelow(path.join(ROOT, 'packages', 'shared', 'src')),
    path.join(DESKTOP, 'electron.vite.config.ts'),
    path.join(ROOT, 'package-lock.json'),
  ];
  const built = () =>
    existsSync(path.join(DESKTOP, 'out', 'main', 'index.js')) && existsSync(path.join(DESKTOP, 'out', 'renderer', 'index.html'));
  await whenChanged('desktop-build', hashOf(...sources), built, async () => {
    say('Building the app …');
    const cli = path.join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
    await run(pinnedNode(), [cli, 'build'], { cwd: DESKTOP, env: toolEnvironment({ NODE_ENV: 'production' }), quiet: true });
  });
}

/**
 * Brings a checkout to where its programs can run. Quick when nothing changed.
 * @param {{build?: boolean}} options build: also build the desktop app
 */
export async function setup({ build = false } = {}) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Error(`Node 20 or newer is needed to start; this is ${process.version}. See https://nodejs.org`);
  await installPackages();
  await generateDatabaseClient();
  if (build) await buildDesktop();
}
