import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { JobContext } from '../../../src/engine/job-context.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
export const DESKTOP = resolve(HERE, '../../..');
export const ENGINE = join(DESKTOP, 'src/engine');
const SHARED = resolve(DESKTOP, '../../../shared/media');

/** Developer media beside the repository; an empty list where there is none. */
export function sharedMedia(): string[] {
  if (!existsSync(SHARED)) return [];
  return readdirSync(SHARED, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A job's surroundings that record what was said. */
export function context(): JobContext & { readonly abort: AbortController; readonly fractions: number[] } {
  const abort = new AbortController();
  const fractions: number[] = [];
  return { abort, signal: abort.signal, fractions, progress: (fraction) => fractions.push(fraction) };
}

/** A folder for one test file, gone afterwards. */
export async function tempFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pingplex-test-'));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
