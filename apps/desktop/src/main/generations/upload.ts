import { type FileHandle, open } from 'node:fs/promises';
import { TUS_PATH, type Upload as UploadView } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { DetailedError, type FileReader, Upload } from 'tus-js-client';
import { errorFromAnswer } from '../api/errors.ts';
import type { ApiClient } from '../api/index.ts';
import type { Journal } from '../db/index.ts';

/** Bytes per PATCH: what is lost at most when the line breaks, and what lies in memory. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Lets the tus client read an open file in pieces, from any offset. */
function readerOf(handle: FileHandle, sizeBytes: number): FileReader {
  return {
    openFile: async () => ({
      size: sizeBytes,
      slice: async (start, end) => {
        const wanted = Math.min(end, sizeBytes, start + PIECE_BYTES) - start;
        const bytes = Buffer.alloc(Math.max(0, wanted));
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        // tus-js-client asks pieces for `size`, as blobs have it.
        return { value: Object.assign(bytes.subarray(0, filled), { size: filled }), done: start + filled >= sizeBytes };
      },
      close: () => undefined,
    }),
  };
}

type UploadSource = { readonly path: string; readonly sha256: string; readonly sizeBytes: number; readonly mime: string };
export type UploadOptions = {
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly accountId: string;
  readonly source: UploadSource;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
  readonly now: () => number;
};

function toError(thrown: Error, now: number): AppError {
  const response = thrown instanceof DetailedError ? thrown.originalResponse : null;
  if (response === null || response === undefined) return new AppError('network.offline', 'the upload got no answer');
  let body: unknown;
  try {
    body = JSON.parse(response.getBody());
  } catch {
    body = undefined;
  }
  return errorFromAnswer(response.getStatus(), body, response.getHeader('retry-after'), now);
}

async function send(options: UploadOptions): Promise<void> {
  const { api, journal, accountId, source, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const handle = await open(source.path, 'r');
  const knownUrl = journal.calls.uploadUrl(accountId, source.sha256);
  let authorization = await api.authorization();
  const upload = new Upload(Buffer.alloc(0), {
    endpoint: api.baseUrl() + TUS_PATH,
    ...(knownUrl === undefined ? {} : { uploadUrl: knownUrl }),
    fileReader: readerOf(handle, source.sizeBytes),
    uploadSize: source.sizeBytes,
    chunkSize: PIECE_BYTES,
    retryDelays: [300, 1000, 3000, 5000],
    metadata: { sha256: source.sha256, mime: source.mime },
    storeFingerprintForResuming: false,
    onBeforeRequest: async (request) => {
      authorization = await api.authorization();
      request.setHeader('authorization', authorization);
    },
    onUploadUrlAvailable: () => {
      if (upload.url !== null) journal.calls.saveUploadUrl(accountId, source.sha256, upload.url, options.now());
    },
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      if (status === 401) api.tokenRefused(authorization);
      return status === 0 || status === 401 || status === 409 || status === 423 || status === 429 || status >= 500;
    },
    onProgress: (sent, total) => options.onProgress(total === 0 ? 1 : sent / total),
    onSuccess: () => resolve(),
    onError: (error) => reject(toError(error, options.now())),
  });
  const onAbort = (): void => {
    upload.abort().then(
      () => reject(signal.reason),
      () => reject(signal.reason),
    );
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    upload.start();
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await handle.close();
  }
}

async function findByHash(options: UploadOptions): Promise<UploadView | undefined> {
  try {
    return await options.api.call('uploads.findByHash', { params: { sha256: options.source.sha256 } }, { signal: options.signal });
  } catch (thrown) {
    if (thrown instanceof AppError && (thrown.code === 'request.notFound' || thrown.code === 'generation.sourceMissing')) return undefined;
    throw thrown;
  }
}

const underWay = new Map<string, Promise<UploadView>>();

/**
 * Brings a file to the server, unless it is there already. A broken upload goes on where it stopped, also after a restart. Requests that
 * need the same file at once share one upload; when that one fails, each of the others tries for itself.
 * @throws AppError `network.*`, `upload.*`; the signal's reason
 */
export async function uploadOnce(options: UploadOptions): Promise<UploadView> {
  const { accountId, source, signal } = options;
  const name = `${options.api.baseUrl()} ${accountId} ${source.sha256}`;
  for (let other = underWay.get(name); other !== undefined; other = underWay.get(name)) {
    const done = await untilAborted(other, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (done !== undefined) return done;
  }
  const own = bring(options);
  underWay.set(name, own);
  try {
    return await own;
  } finally {
    underWay.delete(name);
  }
}

/** What comes of a promise, or the signal's reason when that is first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function bring(options: UploadOptions): Promise<UploadView> {
  const there = await findByHash(options);
  if (there !== undefined) return there;
  const { calls } = options.journal;
  try {
    await send(options);
  } catch (thrown) {
    const isGone = calls.uploadUrl(options.accountId, options.source.sha256) !== undefined && !isPassing(thrown, options.signal);
    if (!isGone) throw thrown;
    // The address of an older try is no longer known to the server: begin a new one.
    calls.forgetUpload(options.accountId, options.source.sha256);
    await send(options);
  }
  calls.forgetUpload(options.accountId, options.source.sha256);
  const done = await findByHash(options);
  if (done === undefined) throw new AppError('network.badAnswer', 'the server took the upload and does not know it');
  return done;
}

function isPassing(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || !(thrown instanceof AppError)) return true;
  return (
    thrown.code === 'network.offline' ||
    thrown.code === 'network.timeout' ||
    thrown.code.startsWith('upload.') ||
    thrown.code.startsWith('auth.')
  );
}
