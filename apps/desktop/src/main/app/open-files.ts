import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** More than any file manager hands over at once. */
const MAX_PATHS = 5000;
/**
 * A second launch's command line and working folder, and our own copy of both in base64, travel in one message that Chromium reads up to
 * 32 kB of. A longer one kills the app that runs already (seen with 300 paths of 50 letters on Electron 33).
 */
const MAX_HANDED_OVER = 6000;
const LIST_SWITCH = '--open-list=';
const LIST_ID = /^[a-z0-9]{24}$/;
const LIST_MAX_BYTES = 32_000_000;

/**
 * Arguments that a user or the system gave, without the executable and, where Electron was given the app's folder, without that.
 * @param defaultApp Electron's `process.defaultApp`
 */
export function givenArguments(argv: readonly string[], defaultApp: boolean): string[] {
  return argv.slice(defaultApp ? 2 : 1);
}

/**
 * Files named on a command line ("Open with", a second launch). Treated like any untrusted input: switches and addresses are ignored,
 * relative names belong to the folder the launch came from. `file:` addresses, which some Linux desktops use, are paths.
 * @param args arguments without the executable and the app's own folder
 * @param cwd working folder of that launch
 */
export function pathsFromArguments(args: readonly string[], cwd: string): string[] {
  const paths: string[] = [];
  for (const argument of args.slice(0, MAX_PATHS * 2)) {
    const named = nameIn(argument);
    if (named !== null) paths.push(path.resolve(cwd, named));
    if (paths.length >= MAX_PATHS) break;
  }
  return paths;
}

function nameIn(argument: string): string | null {
  if (argument === '' || argument.startsWith('-') || argument.includes('\0')) return null;
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(argument)) return argument;
  if (!/^file:\/\/\//i.test(argument)) return null;
  try {
    return fileURLToPath(argument);
  } catch {
    return null;
  }
}

/**
 * Shortens a command line that is too long to be handed over to the app that runs already. The files go into a list in our own folder,
 * and the launch is repeated with the list's name.
 * @returns the arguments to launch again with, or null when the command line is short enough
 */
export function shortenArguments(args: readonly string[], cwd: string, userData: string): string[] | null {
  if (args.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0) <= MAX_HANDED_OVER) return null;
  const id = randomBytes(12).toString('hex');
  const folder = listFolder(userData);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, id), JSON.stringify(pathsFromArguments(args, cwd)), { mode: 0o600 });
  const switches = args.filter((argument) => argument.startsWith('-') && !argument.startsWith(LIST_SWITCH)).slice(0, 100);
  return [...switches.filter((argument) => argument.length < 1000), `${LIST_SWITCH}${id}`];
}

/** The files of a launch's arguments, a list that `shortenArguments` left included. A list is read once and then deleted. */
export function openedFiles(args: readonly string[], cwd: string, userData: string): string[] {
  const lists = args.filter((argument) => argument.startsWith(LIST_SWITCH)).map((argument) => argument.slice(LIST_SWITCH.length));
  const listed = lists.filter((id) => LIST_ID.test(id)).flatMap((id) => readList(path.join(listFolder(userData), id)));
  return [...pathsFromArguments(args, cwd), ...pathsFromArguments(listed, cwd)].slice(0, MAX_PATHS);
}

function readList(file: string): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    rmSync(file, { force: true });
    const list: unknown = text.length > LIST_MAX_BYTES ? [] : JSON.parse(text);
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

function listFolder(userData: string): string {
  return path.join(userData, 'open-lists');
}
