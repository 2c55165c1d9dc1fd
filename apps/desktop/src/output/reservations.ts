import { link, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ConflictRule } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { forgetNames, namesIn, nameTaken } from './folder-names.ts';
import { errnoOf, outputError, withLockRetries } from './fs-errors.ts';
import { assertPlainName, foldName, numberedName } from './names.ts';

/**
 * A reserved name is a file that holds one line saying which temporary file it waits for. So a crash between
 * reserving and renaming leaves something that the next try recognises as its own, and that a sweep can tell from
 * media, instead of an empty file that takes the name for ever.
 */
const MARK = 'pingplex reserves this name for ';
const MAX_RESERVATION_BYTES = 512;
/** More files of one name than this in one folder is a runaway, not a wish. */
const MAX_NUMBER = 99_999;

export type Reservation = { readonly path: string; readonly decision: 'new' | 'numbered' | 'skip' | 'replace' };

/** The temporary file's name that a reservation waits for, or undefined when `path` is no reservation. */
export async function reservationHolder(path: string): Promise<string | undefined> {
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > MAX_RESERVATION_BYTES || facts.size < MARK.length) return undefined;
    const text = await readFile(path, 'utf8');
    return text.startsWith(MARK) && text.endsWith('\n') ? text.slice(MARK.length, -1) : undefined;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** File systems without hard links (FAT, some network drives) answer one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK']);

/**
 * Creates the reservation; false when somebody was faster. Its line is written aside and linked into place, so that no crash can leave
 * an empty file that nobody recognises as a reservation.
 */
async function claim(path: string, holder: string): Promise<boolean> {
  const aside = join(dirname(path), `${holder}.reserved`);
  try {
    await writeFile(aside, `${MARK}${holder}\n`);
    await withLockRetries(() => link(aside, path));
    return true;
  } catch (thrown) {
    const code = errnoOf(thrown) ?? '';
    if (code === 'EEXIST') return false;
    if (NO_LINKS.has(code)) return await claimInPlace(path, holder);
    throw thrown;
  } finally {
    await rm(aside, { force: true });
  }
}

async function claimInPlace(path: string, holder: string): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await withLockRetries(() => open(path, 'wx'));
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    await handle.writeFile(`${MARK}${holder}\n`);
    return true;
  } catch (thrown) {
    await rm(path, { force: true }).catch(() => undefined);
    throw thrown;
  } finally {
    await handle.close();
  }
}

/**
 * Takes a free name in `dir` by exclusive creation, or says what is there already. Names that differ only in case
 * count as the same name on every system, because the folder may travel.
 * @param holder name of the temporary file that will take the place; its own earlier reservation is taken up again
 * @returns `skip` and `replace` point at the file that exists; `new` and `numbered` at a fresh reservation
 * @throws AppError `output.*`
 */
export function reserveName(dir: string, wantedName: string, rule: ConflictRule, holder: string): Promise<Reservation> {
  const before = queues.get(dir) ?? Promise.resolve();
  const mine = before.then(() => takeName(dir, wantedName, rule, basename(holder)));
  const over = mine.then(
    () => undefined,
    () => undefined,
  );
  queues.set(dir, over);
  void over.then(() => {
    if (queues.get(dir) === over) queues.delete(dir);
  });
  return mine;
}

/**
 * One after the other in each folder: exclusive creation keeps equal names apart, but names that differ only in case are
 * two files to most systems.
 */
const queues = new Map<string, Promise<void>>();

async function takeName(dir: string, wantedName: string, rule: ConflictRule, holderName: string): Promise<Reservation> {
  assertPlainName(wantedName);
  try {
    let taken = await namesIn(dir);
    let isFresh = false;
    for (let n = 1; n <= MAX_NUMBER; n += 1) {
      const name = numberedName(wantedName, n);
      const decision = n === 1 ? 'new' : 'numbered';
      if (!isFresh && taken.has(foldName(name))) {
        // Before a name is given up, the folder itself is asked: what was remembered may be gone by now.
        taken = await namesIn(dir, true);
        isFresh = true;
      }
      const existing = taken.get(foldName(name));
      if (existing === undefined) {
        const path = join(dir, name);
        if (await claim(path, holderName)) {
          nameTaken(dir, name);
          return { path, decision };
        }
        taken = await namesIn(dir, true);
        isFresh = true;
      } else if ((await reservationHolder(join(dir, existing))) === holderName) {
        return { path: join(dir, existing), decision };
      }
      if (rule !== 'number') return { path: join(dir, existing ?? name), decision: rule };
    }
  } catch (thrown) {
    throw outputError(thrown, 'reserving a name');
  }
  throw new AppError('output.nameTaken', `no free number for ${wantedName}`, { params: { name: wantedName } });
}

/** Gives a reserved name back, unless a real file has taken its place. */
export async function releaseReservation(reservation: Reservation, holder: string): Promise<void> {
  if (reservation.decision !== 'new' && reservation.decision !== 'numbered') return;
  if ((await reservationHolder(reservation.path)) !== basename(holder)) return;
  await withLockRetries(() => rm(reservation.path, { force: true }));
  forgetNames(dirname(reservation.path));
}
