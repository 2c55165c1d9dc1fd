import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { MediaFormat, MediaKind } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { sniff } from '../../src/engine/probe/sniff.ts';

/** A file to measure on, and whether a camera or a program made it. */
export type MediaSource = {
  readonly path: string;
  readonly name: string;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  readonly isReal: boolean;
};

/** All media files below a folder, known by their content. */
export async function mediaIn(dir: string, isReal: boolean): Promise<MediaSource[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
  const found: MediaSource[] = [];
  for (const file of paths) {
    try {
      const { kind, format } = await sniff(file);
      found.push({ path: file, name: path.relative(dir, file), kind, format, isReal });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return found;
}

/** Runs work on a file; undefined when the engine refuses the file (animated, too small, no decoder, damaged). */
export async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** The value below which a share of all values lies. @throws RangeError without values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

export const QUIET = { signal: new AbortController().signal, progress: () => undefined };
