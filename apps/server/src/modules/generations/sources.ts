import type { GenerationRequest } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import { type CatalogueEntry, MASK_MAX_BYTES } from '../catalogue/service.ts';
import { findReadyUploads, type ReadyUpload } from '../files/service.ts';

type Asked = NonNullable<GenerationRequest['sources']>;
export type Source = { role: Asked[number]['role']; sha256: string; mime: string; sizeBytes: number };

/**
 * Finds the uploads that a request names and proves them against the model, before anything is charged.
 * @throws AppError `generation.sourceMissing` (also for uploads of others) or `generation.sourceNotAllowed`
 */
export async function findSources(
  db: Db,
  userId: string,
  entry: CatalogueEntry,
  asked: Asked,
): Promise<{ sources: Source[]; seconds: number }> {
  const count = (role: Source['role']): number => asked.filter((s) => s.role === role).length;
  // What the model works on is a sound where it listens, and pictures everywhere else.
  const main = entry.capability === 'transcript' ? 'audio' : 'image';
  const [images, foreign] = [count(main), count(main === 'audio' ? 'image' : 'audio')];
  const { minSources, maxSources } = entry.limits;
  const mayMask = entry.capability === 'imageEdit' && entry.limits.mask;
  const isTooMany =
    images > maxSources || foreign > 0 || count('mask') > (mayMask ? 1 : 0) || count('lastFrame') > (entry.limits.lastFrame ? 1 : 0);
  if (images < minSources)
    throw new AppError('generation.sourceMissing', 'the model needs a source', { field: 'sources', params: { min: minSources } });
  if (isTooMany) {
    throw new AppError('generation.sourceNotAllowed', 'too many sources', { field: 'sources', params: { max: maxSources } });
  }
  if (asked.length === 0) return { sources: [], seconds: 0 };
  const uploads = new Map(
    (
      await findReadyUploads(
        db,
        userId,
        asked.map((s) => s.uploadId),
      )
    ).map((u) => [u.id, u]),
  );
  const found = asked.map((source, i) => {
    const upload = uploads.get(source.uploadId);
    if (!upload) throw new AppError('generation.sourceMissing', 'no such upload', { field: `sources.${i}.uploadId` });
    return { role: source.role, upload, field: `sources.${i}` };
  });
  const first = found.find((s) => s.role === 'image')?.upload;
  for (const { role, upload, field } of found) {
    if (role === 'mask') checkMask(upload, first, field);
    else if (role === 'audio') checkSound(entry, upload, field);
    else checkImage(entry, upload, field);
  }
  const sources = found.map(({ role, upload: { sha256, mime, sizeBytes } }) => ({ role, sha256, mime, sizeBytes }));
  return { sources, seconds: Math.ceil(found.reduce((sum, { upload }) => sum + upload.durationMs, 0) / 1000) };
}

function checkImage(entry: CatalogueEntry, upload: ReadyUpload, field: string): void {
  const sides = entry.limits.sourceSides;
  const [short, long] = [Math.min(upload.width ?? 0, upload.height ?? 0), Math.max(upload.width ?? 0, upload.height ?? 0)];
  if (sides && (short < sides.min || long > sides.max || long > short * sides.maxRatio)) {
    throw new AppError('generation.sourceNotAllowed', 'the model does not take a picture of this shape', {
      field,
      params: { min: sides.min, max: sides.max, ratio: sides.maxRatio },
    });
  }
  checkFile(entry, upload, field);
}

function checkSound(entry: CatalogueEntry, upload: ReadyUpload, field: string): void {
  checkFile(entry, upload, field);
  const max = entry.limits.maxSourceSeconds ?? Number.POSITIVE_INFINITY;
  if (upload.durationMs <= 0 || upload.durationMs > max * 1000) {
    throw new AppError('generation.sourceNotAllowed', 'the model does not take a sound of this length', { field, params: { max } });
  }
}

function checkFile(entry: CatalogueEntry, upload: ReadyUpload, field: string): void {
  if (!entry.limits.sourceMimes.includes(upload.mime) || upload.sizeBytes > entry.limits.maxSourceBytes) {
    throw new AppError('generation.sourceNotAllowed', 'the model does not take this file', {
      field,
      params: { mime: upload.mime, maxBytes: entry.limits.maxSourceBytes },
    });
  }
}

/** A mask is a PNG under the provider's limit with the pixels of the first image. */
function checkMask(mask: ReadyUpload, image: ReadyUpload | undefined, field: string): void {
  const fits = mask.mime === 'image/png' && mask.sizeBytes <= MASK_MAX_BYTES;
  if (!fits || mask.width !== image?.width || mask.height !== image.height) {
    throw new AppError('generation.sourceNotAllowed', 'a mask is a PNG with the size of the first image', {
      field,
      params: { maxBytes: MASK_MAX_BYTES },
    });
  }
}
