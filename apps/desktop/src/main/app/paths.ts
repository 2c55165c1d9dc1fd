import { existsSync } from 'node:fs';
import path from 'node:path';

export type Places = {
  /** The window's files. */
  readonly renderer: string;
  readonly preload: string;
  /** Plain Node that engine workers run on. */
  readonly node: string;
  /** The worker's entry: TypeScript in a checkout, a bundle in the packaged app. */
  readonly engine: string;
};

/**
 * Where the parts of the app lie.
 * @param appPath folder of the app's package.json (inside the asar when packaged)
 * @param resourcesPath Electron's resources folder
 */
export function findPlaces(appPath: string, resourcesPath: string, isPackaged: boolean): Places {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const renderer = path.join(appPath, 'out', 'renderer');
  const preload = path.join(appPath, 'out', 'preload', 'index.cjs');
  if (isPackaged) {
    return {
      renderer,
      preload,
      node: path.join(resourcesPath, 'node', executable),
      engine: path.join(resourcesPath, 'engine', 'main.mjs'),
    };
  }
  const modules = path.join(appPath, '..', '..', 'node_modules');
  const pinned = path.join(modules, 'node', 'bin', executable);
  return {
    renderer,
    preload,
    node: existsSync(pinned) ? pinned : path.join(modules, '.bin', executable),
    engine: path.join(appPath, 'src', 'engine', 'main.ts'),
  };
}
