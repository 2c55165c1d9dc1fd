import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Problem, TUS_PATH } from '@pingplex/shared/contracts/http';
import { Sha256 } from '@pingplex/shared/domain';
import { AppError, toAppError } from '@pingplex/shared/errors';
import { FileStore } from '@tus/file-store';
import { Server, type Upload } from '@tus/server';
import type { Request, Response } from 'express';
import type { Db } from '../../db/client.ts';
import type { ObjectStorage } from '../../storage/storage.ts';
import { decodeImage, sniffImage } from './images.ts';
import { touchObject } from './objects.ts';
import { proveSound, SOUND_MIMES } from './sounds.ts';
import { beginUpload, dropUpload, findOwnUpload, finishUpload, MAX_UPLOAD_BYTES, type UploadFacts } from './uploads.ts';

export type TusDeps = {
  db: Db;
  storage: ObjectStorage;
  /** Where parts of unfinished uploads lie; every process that serves them must see it. */
  folder: string;
  /** How the server writes a refusal. */
  toProblem: (error: AppError) => Problem;
};

export type Tus = {
  /** Serves one request of an authenticated user under `TUS_PATH`. */
  handle(userId: string, req: Request, res: Response): Promise<void>;
  /** Removes parts that nobody came back for within a day. */
  sweep(): Promise<number>;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DAY_MS = 24 * 3600 * 1000;

/** Resumable uploads by tus 1.0. The declared hash and type are promises; both are proved when the last byte is there. */
export function createTus(deps: TusDeps): Tus {
  const asked = new AsyncLocalStorage<{ userId: string; id: string }>();
  const store = new FileStore({ directory: deps.folder });
  const server = new Server({
    path: TUS_PATH,
    datastore: store,
    maxSize: MAX_UPLOAD_BYTES,
    relativeLocation: true,
    // No browser is a client of ours.
    allowedOrigins: [],
    disableTerminationForFinishedUploads: true,
    namingFunction: () => randomUUID(),
    // The library would read the id out of the whole address, query string included: only the one that was checked counts.
    getFileIdFromRequest: () => asked.getStore()?.id || undefined,
    onUploadCreate: async (_req, upload) => ({ metadata: await begin(deps, requireUser(asked), upload) }),
    onUploadFinish: async (_req, upload) => {
      await prove(deps, upload);
      return {};
    },
    onResponseError: (_req, error) => refusal(deps, error),
  });

  return {
    async handle(userId, req, res) {
      const id = req.path.slice(TUS_PATH.length + 1);
      if (id !== '') {
        const own = UUID.test(id) ? await findOwnUpload(deps.db, userId, id) : null;
        if (!own) throw new AppError('request.notFound', 'no such upload');
        // Its parts are gone from the tus store: say what a client that lost the last answer needs to hear.
        if (own.state === 'ready') return answerFinished(own.sizeBytes, req, res);
        if (req.method === 'DELETE') await dropUpload(deps.db, id);
      }
      await asked.run({ userId, id }, () => server.handle(req, res));
    },

    async sweep() {
      let removed = 0;
      for (const name of await readdir(deps.folder).catch(() => [])) {
        const file = path.join(deps.folder, name);
        const facts = await stat(file).catch(() => null);
        if (!facts?.isFile() || Date.now() - facts.mtimeMs < DAY_MS) continue;
        await rm(file, { force: true });
        removed += 1;
      }
      return removed;
    },
  };
}

function requireUser(asked: AsyncLocalStorage<{ userId: string }>): string {
  const userId = asked.getStore()?.userId;
  if (userId === undefined) throw new AppError('auth.required', 'an upload without a user');
  return userId;
}

async function begin(deps: TusDeps, userId: string, upload: Upload): Promise<Record<string, string>> {
  const sha256 = Sha256.safeParse(upload.metadata?.['sha256']);
  const mime = upload.metadata?.['mime'] ?? '';
  if (!sha256.success) throw new AppError('request.invalid', 'Upload-Metadata needs sha256 in hex', { field: 'sha256' });
  if (!['image/png', 'image/jpeg', 'image/webp', ...SOUND_MIMES].includes(mime)) {
    throw new AppError('upload.typeNotAllowed', 'only PNG, JPEG, WebP, MP3, M4A, WAV, FLAC and Ogg can be uploaded', {
      params: { mime: mime.slice(0, 100) },
    });
  }
  if (upload.size === undefined || upload.size <= 0) throw new AppError('file.empty', 'an upload needs its length, and at least one byte');
  await beginUpload(deps.db, { id: upload.id, userId, sha256: sha256.data, mime, sizeBytes: upload.size });
  // What else the client said about the file (a name, perhaps) is not kept.
  return { sha256: sha256.data, mime };
}

/** Sides of a picture or length of a sound, by what the file is. */
async function factsOf(file: string, mime: string): Promise<(UploadFacts & { mime: string }) | null> {
  if (!SOUND_MIMES.includes(mime)) return sniffImage(await headOf(file)) === mime ? decodeImage(file) : null;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const read = async (start: number, end: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start + 1), 0, end - start + 1, start);
      return buffer.subarray(0, bytesRead);
    };
    return await proveSound(read, size);
  } finally {
    await handle.close();
  }
}

/** Hash, then type, then every pixel or the whole structure; only then is it an upload of the user. A refused one is forgotten at once. */
async function prove(deps: TusDeps, upload: Upload): Promise<void> {
  const file = path.join(deps.folder, upload.id);
  const { sha256, mime } = { sha256: upload.metadata?.['sha256'] ?? '', mime: upload.metadata?.['mime'] ?? '' };
  try {
    const facts = await factsOf(file, mime);
    if (facts?.mime !== mime) {
      throw new AppError('upload.typeNotAllowed', 'the content is not what was declared', { params: { mime } });
    }
    await touchObject(deps.db, sha256, upload.size ?? 0);
    await deps.storage.putFile(file, sha256).catch((error: unknown) => {
      const known = toAppError(error);
      throw known.code === 'output.verifyFailed' ? new AppError('upload.hashMismatch', 'the bytes have another hash') : known;
    });
    await finishUpload(deps.db, upload.id, facts);
  } catch (error) {
    await dropUpload(deps.db, upload.id);
    await rm(file, { force: true });
    throw error;
  } finally {
    await rm(`${file}.json`, { force: true });
  }
}

async function headOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(16), 0, 16, 0);
    return buffer;
  } finally {
    await handle.close();
  }
}

function answerFinished(sizeBytes: number, req: Request, res: Response): void {
  if (req.method !== 'HEAD' && req.method !== 'PATCH') throw new AppError('request.methodNotAllowed', 'the upload is finished');
  res
    .status(req.method === 'HEAD' ? 200 : 204)
    .set({ 'tus-resumable': '1.0.0', 'upload-offset': String(sizeBytes), 'upload-length': String(sizeBytes), 'cache-control': 'no-store' })
    .end();
}

function refusal(deps: TusDeps, error: Error | { status_code: number; body: string }): { status_code: number; body: string } {
  // The tus library's own refusals (wrong offset, no such file) have a status already.
  if ('status_code' in error) return { status_code: error.status_code, body: error.body };
  const problem = deps.toProblem(toAppError(error));
  return { status_code: problem.status, body: JSON.stringify(problem) };
}
