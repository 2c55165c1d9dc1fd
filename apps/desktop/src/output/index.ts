export { type CommitOutcome, type CommitRequest, commitFile } from './commit.ts';
export { checkFolder, freeBytes, insideFolder, isSameFile, syncFolder } from './folder.ts';
export { errnoOf, outputError, withLockRetries } from './fs-errors.ts';
export { findLeftovers, type Leftover, removeLeftovers, TEMP_PREFIX } from './leftovers.ts';
export { foldName, MAX_NAME_BYTES, numberedName, safeFileName, splitName } from './names.ts';
export { type Reservation, releaseReservation, reserveName } from './reservations.ts';
export { hashFile, removeQuietly, type SealedFile, sealFile, tempPath, writeAside } from './temp-files.ts';
