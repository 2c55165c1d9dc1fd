import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import type { ItemId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder, errnoOf, findLeftovers, insideFolder, outputError, TEMP_PREFIX, withLockRetries } from '../../output/index.ts';
import type { BatchRow, ItemRow, MediaStepFile, StepFile } from '../db/index.ts';

/** Temporary names of an item begin with this, wherever they are. */
const itemPrefix = (id: ItemId): string => `${TEMP_PREFIX}${id}-`;

/** The folder that an item's results go to. */
export const outputDir = (batch: Pick<BatchRow, 'folder'>, item: Pick<ItemRow, 'subfolder'>): string => join(batch.folder, item.subfolder);

/** Folder for the files between two steps. */
export const workDir = (workRoot: string, id: ItemId): string => join(workRoot, id);

/**
 * Where the job of one input of one step writes. `index` keeps the jobs of a step apart; the attempt keeps them apart from a worker of a
 * killed run that hasn't noticed yet that nobody listens.
 */
export function tempPlace(dir: string, item: Pick<ItemRow, 'id' | 'attempts'>, step: number, index: number): TempPlace {
  return { dir, stem: `${itemPrefix(item.id)}a${item.attempts}s${step}i${index}` };
}

/**
 * The chosen folder must be there; folders of the kept tree below it are made. A link in the tree that leads out of it is refused.
 * @throws AppError `output.*`
 */
export async function prepareOutputDir(batch: Pick<BatchRow, 'folder'>, item: Pick<ItemRow, 'subfolder'>): Promise<string> {
  await checkFolder(batch.folder);
  const dir = outputDir(batch, item);
  if (item.subfolder === '') return dir;
  try {
    if (!(await insideFolder(batch.folder, dir))) {
      throw new AppError('output.folderNotWritable', 'a link in the output folder leads out of it', { params: { folder: item.subfolder } });
    }
    await mkdir(dir, { recursive: true });
  } catch (thrown) {
    throw outputError(thrown, 'making a folder of the output tree');
  }
  return dir;
}

async function namesIn(dir: string): Promise<string[]> {
  return await readdir(dir).catch((thrown: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(thrown) ?? '')) return [];
    throw thrown;
  });
}

/** Takes away an item's temporary files in one folder, except those that are named. */
export async function sweepDir(dir: string, id: ItemId, keepPaths: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(dir)) {
    if (!name.startsWith(itemPrefix(id)) || keepPaths.has(join(dir, name))) continue;
    await withLockRetries(() => rm(join(dir, name), { force: true, recursive: true }));
  }
}

/** Takes away all that a killed run of these items left in a folder: temporary files and the names that were reserved for them. */
export async function sweepAfterCrash(dir: string, ids: ReadonlySet<ItemId>, keepPaths: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const leftover of await findLeftovers(dir)) {
    const id = leftover.stem.slice(TEMP_PREFIX.length).split('-', 1)[0] ?? '';
    const holder = leftover.kind === 'temporary' ? leftover.path : join(dir, basename(leftover.stem));
    const isKept = keepPaths.has(holder) || [...keepPaths].some((path) => basename(path) === leftover.stem);
    if (!ids.has(id as ItemId) || isKept) continue;
    await withLockRetries(() => rm(leftover.path, { force: true }));
    removed += 1;
  }
  return removed;
}

/** Removes an item's folder for files between steps. */
export async function removeWork(workRoot: string, id: ItemId): Promise<void> {
  await withLockRetries(() => rm(workDir(workRoot, id), { force: true, recursive: true }));
}

/** Item ids that have a folder for files between steps. */
export async function workIds(workRoot: string): Promise<ItemId[]> {
  return (await namesIn(workRoot)) as ItemId[];
}

/** False for texts, which no step works on. */
export const isMedia = (file: StepFile): file is MediaStepFile => file.kind !== 'text';
