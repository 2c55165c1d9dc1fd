/** The face of the files module. */
export { decodeImage, type ImageFacts } from './images.ts';
export { deleteExpiredFiles, touchObject } from './objects.ts';
export { sendResult } from './results.ts';
export { createTus, type TusDeps } from './tus.ts';
export { findByHash, findReadyUploads, MAX_UPLOAD_BYTES, type ReadyUpload } from './uploads.ts';
