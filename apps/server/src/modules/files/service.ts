/** The face of the files module. */
export { proveFilm } from './films.ts';
export { decodeImage } from './images.ts';
export { deleteExpiredFiles, touchObject } from './objects.ts';
export { proveSound } from './sounds.ts';
export { createTus } from './tus.ts';
export { findReadyUploads, type ReadyUpload } from './uploads.ts';
