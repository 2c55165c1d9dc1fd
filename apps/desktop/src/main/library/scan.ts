import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatByName, type MediaFormat } from '@pingplex/shared/domain';
import { AppError, type AppErrorData, type ErrorCode } from '@pingplex/shared/errors';

export type FoundFile = {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly format: MediaFormat;
  /** The folder that the user picked, or the file's own folder when the file itself was picked. */
  readonly root: string;
};
export type RefusedFile = { readonly name: string; readonly error: AppErrorData };

/** Files that systems and our own batches leave in folders; nobody means to add them. */
const IGNORED = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\..*)$/i;

const refuse = (name: string, code: ErrorCode, message: string): RefusedFile => ({
  name,
  error: new AppError(code, message, { params: { name } }).toData(),
});

/**
 * Walks what the user picked: files as they are, folders recursively. Links inside a folder that lead out of it are not followed.
 * Yields in small portions so that rows can appear while a big folder is still being read.
 * @param paths absolute paths of files and folders
 */
export async function* scan(paths: readonly string[]): AsyncGenerator<{ found: FoundFile[]; refused: RefusedFile[] }> {
  for (const start of paths) {
    if (!path.isAbsolute(start)) {
      yield { found: [], refused: [refuse(path.basename(start), 'file.notFound', 'not an absolute path')] };
      continue;
    }
    // What the user picked may itself be a link; it is what lies behind it that was picked.
    const picked = await stat(start).catch(() => null);
    if (picked?.isDirectory()) yield* scanFolder(start);
    else yield await look(start, path.dirname(start));
  }
}

async function* scanFolder(root: string): AsyncGenerator<{ found: FoundFile[]; refused: RefusedFile[] }> {
  const realRoot = await realpath(root).catch(() => root);
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const current = folder;
    const directory = await opendir(current).catch((error: NodeJS.ErrnoException) => error);
    if (directory instanceof Error) {
      yield {
        found: [],
        refused: [
          refuse(path.basename(current), directory.code === 'EACCES' ? 'file.noPermission' : 'file.readFailed', String(directory.code)),
        ],
      };
      continue;
    }
    let portion: Promise<{ found: FoundFile[]; refused: RefusedFile[] }>[] = [];
    for await (const entry of directory) {
      if (IGNORED.test(entry.name)) continue;
      const full = path.join(current, entry.name);
      if (entry.isDirectory()) waiting.push(full);
      else if (entry.isSymbolicLink()) portion.push(lookAtLink(full, realRoot));
      else portion.push(look(full, realRoot));
      if (portion.length >= 256) {
        yield merge(await Promise.all(portion));
        portion = [];
      }
    }
    if (portion.length > 0) yield merge(await Promise.all(portion));
  }
}

function merge(parts: readonly { found: FoundFile[]; refused: RefusedFile[] }[]): { found: FoundFile[]; refused: RefusedFile[] } {
  return { found: parts.flatMap((part) => part.found), refused: parts.flatMap((part) => part.refused) };
}

async function lookAtLink(file: string, realRoot: string): Promise<{ found: FoundFile[]; refused: RefusedFile[] }> {
  const target = await realpath(file).catch(() => null);
  const name = path.basename(file);
  if (target === null) return { found: [], refused: [refuse(name, 'file.notFound', 'the link leads nowhere')] };
  const relative = path.relative(realRoot, target);
  if (relative.startsWith('..') || path.isAbsolute(relative)) {
    return { found: [], refused: [refuse(name, 'file.outsideFolder', 'the link leads out of the chosen folder')] };
  }
  return look(target, realRoot);
}

async function look(file: string, root: string): Promise<{ found: FoundFile[]; refused: RefusedFile[] }> {
  const name = path.basename(file);
  try {
    const resolved = await realpath(file);
    const facts = await lstat(resolved);
    if (!facts.isFile()) return { found: [], refused: [refuse(name, 'file.notRegular', 'not a regular file')] };
    const format = formatByName(name);
    if (format === undefined) return { found: [], refused: [refuse(name, 'file.unsupported', 'the name has no extension that we handle')] };
    return { found: [{ path: resolved, sizeBytes: facts.size, modifiedAtMs: Math.round(facts.mtimeMs), format, root }], refused: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const ours: ErrorCode =
      code === 'EACCES' || code === 'EPERM'
        ? 'file.noPermission'
        : code === 'ENOENT' || code === 'ELOOP'
          ? 'file.notFound'
          : 'file.readFailed';
    return { found: [], refused: [refuse(name, ours, String(code))] };
  }
}
