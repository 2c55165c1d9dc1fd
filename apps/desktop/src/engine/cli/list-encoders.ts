import { homedir } from 'node:os';
import { join } from 'node:path';
import { knownEncoders } from '../binaries/hardware-cache.ts';

/** Where each system keeps what programs can find out again. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  if (process.platform === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  return XDG_CACHE_HOME ? XDG_CACHE_HOME : join(homedir(), '.cache');
}

/** File in which the command line keeps which hardware encoders work. */
export const encoderCache = (): string => join(cacheFolder(), 'pingplex', 'encoders.json');

/** Prints one line per hardware encoder that a machine of this kind may have. Probes them once per engine version and driver. */
export async function listEncoders(): Promise<void> {
  for (const encoder of await knownEncoders(encoderCache(), AbortSignal.timeout(300_000))) {
    process.stdout.write(`${JSON.stringify(encoder)}\n`);
  }
}
