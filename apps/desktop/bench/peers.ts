import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Finds a program by what its version text says: `convert`, for one, is the name of many things. */
export async function findPeer(names: readonly string[], versionFlag: string, says: RegExp): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const program = join(folder, name);
      const { stdout } = await run(program, [versionFlag], { timeout: 20_000 }).catch(() => ({ stdout: '' }));
      if (says.test(stdout)) return program;
    }
  }
  return undefined;
}

/** Runs a peer and takes its time, in milliseconds. @throws Error with its own words when it fails */
export async function timePeer(program: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (data: Buffer) => {
    words += data.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${words.slice(-500)}`);
  return performance.now() - startedAt;
}

/** Works through a list with so many at a time; the time for all, in milliseconds. */
export async function timeAll<T>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return performance.now() - startedAt;
}

/** One line of the report. `ratio` is how many times faster than the peer we are; undefined when the peer is not installed. */
export type Figure = {
  readonly name: string;
  readonly peer: string;
  readonly ours: number;
  readonly theirs?: number;
  readonly unit: string;
  readonly ratio?: number;
  readonly target?: number;
  readonly note?: string;
};

/** A line for rates, where more is better. */
export function rate(line: Omit<Figure, 'ratio' | 'theirs'> & { theirs?: number | undefined }): Figure {
  const { theirs, ...rest } = line;
  return theirs === undefined ? { ...rest, note: rest.note ?? 'peer not installed' } : { ...rest, theirs, ratio: rest.ours / theirs };
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
