// Runs on Node 20 without any dependency: it is needed before the install.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the repository. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const SERVER = path.join(ROOT, 'apps', 'server');
export const DESKTOP = path.join(ROOT, 'apps', 'desktop');
/** What scripts fetch or make once per checkout; safe to delete. */
export const CACHE = path.join(ROOT, 'node_modules', '.cache', 'pingplex');

const WINDOWS = process.platform === 'win32';

/** The pinned Node 24 that the npm package `node` brings; everything but these scripts runs on it. */
export function pinnedNode() {
  const inPackage = path.join(ROOT, 'node_modules', 'node', 'bin', WINDOWS ? 'node.exe' : 'node');
  if (existsSync(inPackage)) return inPackage;
  const linked = path.join(ROOT, 'node_modules', '.bin', WINDOWS ? 'node.exe' : 'node');
  if (existsSync(linked)) return linked;
  throw new Error('The pinned Node is missing from node_modules. Run: npm ci');
}

/** Environment for everything that we start: the pinned Node and the project's tools come first in PATH. */
export function toolEnvironment(extra = {}) {
  const bins = [path.dirname(pinnedNode()), path.join(ROOT, 'node_modules', '.bin')];
  return { ...process.env, PATH: [...bins, process.env.PATH ?? ''].join(path.delimiter), TURBO_TELEMETRY_DISABLED: '1', ...extra };
}
