import path from 'node:path';

/** A path as the window shows it: the home folder becomes `~`. */
export function shortenHome(full: string, homeDir: string): string {
  return full === homeDir || full.startsWith(homeDir + path.sep) ? `~${full.slice(homeDir.length)}` : full;
}
