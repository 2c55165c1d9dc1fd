import { lstat, stat } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';
import { errnoOf } from '../../output/index.ts';
import type { ItemRow } from '../db/index.ts';

/**
 * Makes sure that an item's source is still the file that the user picked.
 * @throws AppError `file.notFound`, `file.notRegular`, `file.noPermission`, `file.changed`, `file.readFailed`
 */
export async function checkSource(item: Pick<ItemRow, 'path' | 'name' | 'sizeBytes' | 'modifiedAtMs'>): Promise<void> {
  const params = { name: item.name };
  try {
    const link = await lstat(item.path);
    const facts = link.isSymbolicLink() ? await stat(item.path) : link;
    if (!facts.isFile()) throw new AppError('file.notRegular', 'no regular file', { params });
    // Some file systems keep times to two seconds only, and copies of rows may have lost the fraction.
    const isOther = facts.size !== item.sizeBytes || Math.abs(facts.mtimeMs - item.modifiedAtMs) > 2000;
    if (isOther) throw new AppError('file.changed', 'the file was changed after it was added', { params });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    switch (errnoOf(thrown)) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new AppError('file.notFound', 'the file is gone', { params, cause: thrown });
      case 'EACCES':
      case 'EPERM':
        throw new AppError('file.noPermission', 'the file may not be read', { params, cause: thrown });
      default:
        throw new AppError('file.readFailed', thrown instanceof Error ? thrown.message : String(thrown), { params, cause: thrown });
    }
  }
}
