export { commitFile } from './commit.ts';
export { checkFolder, freeBytes, insideFolder, isSameFile } from './folder.ts';
export { errnoOf, outputError, withLockRetries } from './fs-errors.ts';
export { findLeftovers, removeLeftovers, TEMP_PREFIX } from './leftovers.ts';
export { foldName, MAX_NAME_BYTES, numberedName, safeFileName, splitName } from './names.ts';
export { reserveName } from './reservations.ts';
export { hashFile, removeQuietly, sealFile, tempPath, writeAside } from './temp-files.ts';
