import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DESKTOP, pinnedNode, ROOT } from './paths.mjs';

/** Packages of the engine that bring binaries or WebAssembly and must lie beside it as they are. */
const EXTERNAL = [
  'node-av',
  'sharp',
  'exiftool-vendored',
  'exifreader',
  'heic-decode',
  'libheif-js',
  '@unimusic/chromaprint',
  '@contentauth/c2pa-wasm',
];
/** Optional packages that only serve features we don't use (WebRTC). */
const UNUSED = new Set(['werift']);

/**
 * Puts the engine, its packages for this platform and the Node binary it runs on where electron-builder picks them up:
 * `out/engine` and `out/node`.
 */
export async function stageEngine() {
  const target = path.join(DESKTOP, 'out', 'engine');
  rmSync(target, { recursive: true, force: true });
  const require = createRequire(path.join(DESKTOP, 'package.json'));
  const { build } = await import(pathToFileURL(require.resolve('vite')).href);
  await build({
    configFile: false,
    root: DESKTOP,
    logLevel: 'error',
    ssr: { noExternal: true, external: EXTERNAL, target: 'node' },
    build: {
      ssr: true,
      target: 'node24',
      outDir: target,
      minify: false,
      rolldownOptions: {
        input: { main: path.join(DESKTOP, 'src', 'engine', 'main.ts'), cli: path.join(DESKTOP, 'src', 'engine', 'cli.ts') },
        external: EXTERNAL.flatMap((name) => [name, new RegExp(`^${name}/`)]),
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
      },
    },
  });
  const done = new Set();
  for (const name of EXTERNAL) copyPackage(name, DESKTOP, target, done, true);
  for (const notice of ['LICENSE', 'NOTICES.md']) cpSync(path.join(DESKTOP, 'src', 'engine', notice), path.join(target, notice));

  const node = path.join(DESKTOP, 'out', 'node');
  rmSync(node, { recursive: true, force: true });
  mkdirSync(node, { recursive: true });
  cpSync(pinnedNode(), path.join(node, process.platform === 'win32' ? 'node.exe' : 'node'), { dereference: true });
}

/** Finds a package as Node would from `from`, walking up the node_modules folders. */
function findPackage(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) return candidate;
    if (folder === ROOT || folder === path.dirname(folder)) return null;
  }
}

/** Copies a package and, recursively, what it depends on. Optional packages that aren't installed here belong to other platforms. */
function copyPackage(name, from, target, done, isNeeded) {
  if (UNUSED.has(name)) return;
  const source = findPackage(name, from);
  if (source === null) {
    if (isNeeded) throw new Error(`The engine needs ${name}, which is not installed.`);
    return;
  }
  // A package nested under another one must stay nested, or its user would find another version.
  const place = path.join(target, path.relative(findRoot(source), source));
  if (done.has(place)) return;
  done.add(place);
  cpSync(source, place, {
    recursive: true,
    dereference: true,
    filter: (file) => !file.slice(source.length).includes(`${path.sep}node_modules${path.sep}`),
  });
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) copyPackage(dependency, source, target, done, !(dependency in optionalDependencies));
  for (const dependency of Object.keys(optionalDependencies)) copyPackage(dependency, source, target, done, false);
}

/** The folder that holds the outermost node_modules of a package's path: the workspace or the repository. */
function findRoot(source) {
  return source.startsWith(path.join(DESKTOP, 'node_modules')) ? DESKTOP : ROOT;
}
