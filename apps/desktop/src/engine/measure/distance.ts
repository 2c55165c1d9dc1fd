import type { Distance } from '@pingplex/shared/contracts/engine';
import type { MediaKind } from '@pingplex/shared/domain';
import { distanceOf, printFile } from './print.ts';

/**
 * How far two files of one kind are apart.
 * @param a absolute path
 * @param b absolute path
 * @throws AppError file.* when one can't be read or decoded
 */
export async function distance(a: string, b: string, kind: MediaKind, signal: AbortSignal): Promise<Distance> {
  return distanceOf(await printFile(a, kind, signal), await printFile(b, kind, signal));
}
