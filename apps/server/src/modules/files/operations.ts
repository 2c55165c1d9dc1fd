import type { RawRoute } from '../../http/handlers.ts';

type Operations = RawRoute['operations'];

const RESUMABLE = { 'Tus-Resumable': { description: 'Version of the protocol: 1.0.0', required: true } };
const OFFSET = { 'Upload-Offset': 'Bytes that have arrived' };
const BYTES = { 'Content-Range': 'Which bytes of how many', ETag: 'SHA-256 of the whole result, quoted' };

/** Beginning an upload: tus 1.0 (https://tus.io/protocols/resumable-upload). */
export const UPLOADS: Operations = {
  POST: {
    id: 'uploads.create',
    summary: 'Begins a resumable upload (tus 1.0)',
    requestHeaders: {
      ...RESUMABLE,
      'Upload-Length': { description: 'Bytes in all', required: true },
      'Upload-Metadata': { description: '`sha256` (hex) and `mime`, each in base64', required: true },
    },
    responses: { 201: { description: 'Begun', headers: { Location: 'Where the bytes go' } } },
  },
  OPTIONS: {
    id: 'uploads.options',
    summary: 'What the upload service can do (tus 1.0)',
    responses: { 204: { description: 'In the headers', headers: { 'Tus-Version': 'Versions', 'Tus-Extension': 'Extensions' } } },
  },
};

/** One upload. Its hash and type are proved when the last byte has arrived. */
export const UPLOAD: Operations = {
  HEAD: {
    id: 'uploads.offset',
    summary: 'How much of an upload has arrived',
    requestHeaders: RESUMABLE,
    responses: { 200: { description: 'In the headers', headers: { ...OFFSET, 'Upload-Length': 'Bytes in all' } } },
  },
  PATCH: {
    id: 'uploads.append',
    summary: 'The next bytes of an upload',
    requestHeaders: { ...RESUMABLE, 'Upload-Offset': { description: 'Where these bytes begin', required: true } },
    requestType: 'application/offset+octet-stream',
    responses: { 204: { description: 'Taken', headers: OFFSET } },
  },
  DELETE: {
    id: 'uploads.drop',
    summary: 'Drops an unfinished upload',
    requestHeaders: RESUMABLE,
    responses: { 204: { description: 'Dropped' } },
  },
};

/** The bytes of a result, whole or in ranges (RFC 9110). */
export const RESULT_CONTENT: Operations = {
  GET: {
    id: 'results.content',
    summary: 'The bytes of a result of mine',
    requestHeaders: {
      Range: { description: 'One range of bytes' },
      'If-Range': { description: 'The range only of this version' },
      'If-None-Match': { description: 'Nothing if it is this version' },
    },
    responses: {
      200: { description: 'The whole result', type: 'application/octet-stream', headers: { ETag: BYTES.ETag } },
      206: { description: 'The range', type: 'application/octet-stream', headers: BYTES },
      304: { description: 'Not modified' },
      416: { description: 'No such range' },
    },
  },
  HEAD: {
    id: 'results.head',
    summary: 'Size, type and hash of a result of mine',
    responses: { 200: { description: 'In the headers', headers: { ETag: BYTES.ETag } } },
  },
};
