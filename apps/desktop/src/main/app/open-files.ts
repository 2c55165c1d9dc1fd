import path from 'node:path';

/** More than any file manager hands over at once. */
const MAX_PATHS = 5000;

/**
 * Files named on a command line ("Open with", a second launch). Treated like any untrusted input: switches are ignored, relative names
 * belong to the folder the launch came from.
 * @param argv arguments without the executable and the app's own folder
 * @param cwd working folder of that launch
 */
export function pathsFromArguments(argv: readonly string[], cwd: string): string[] {
  const paths: string[] = [];
  for (const argument of argv.slice(0, MAX_PATHS * 2)) {
    if (argument === '' || argument.startsWith('-') || argument.includes('\0') || /^[a-z][a-z0-9+.-]{1,}:\/\//i.test(argument)) continue;
    paths.push(path.resolve(cwd, argument));
    if (paths.length >= MAX_PATHS) break;
  }
  return paths;
}
