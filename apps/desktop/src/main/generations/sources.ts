import type { EngineJob, OutcomeOf, TempPlace } from '@pingplex/shared/contracts/engine';
import type { Model } from '@pingplex/shared/contracts/http';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { hashFile, removeQuietly } from '../../output/index.ts';
import type { UploadOptions } from './upload.ts';
import { uploadOnce } from './upload.ts';

/** A file that goes along with a request. */
export type CloudSource = {
  readonly role: 'image' | 'mask' | 'lastFrame' | 'audio';
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly format: MediaFormat;
};
type Prepared = {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly mime: string;
  readonly isCopy: boolean;
};

export type SourcePorts = Omit<UploadOptions, 'source' | 'onProgress' | 'signal'> & {
  readonly engine: { run<J extends EngineJob>(job: J, options?: { signal?: AbortSignal }): Promise<OutcomeOf<J['verb']>> };
};
type SourceContext = { readonly place: TempPlace; readonly signal: AbortSignal; readonly onProgress: (fraction: number) => void };

/** Longest side of a picture that is made smaller because its file is too large. */
const LARGE_SIDE = 4096;

function targetOf(model: Model, source: CloudSource, isLarge: boolean): MediaFormat {
  const { sourceMimes } = model.limits;
  const takes = (format: MediaFormat): boolean => sourceMimes.includes(FORMATS[format].mime);
  if (source.role === 'audio') return takes('mp3') ? 'mp3' : takes('m4a') ? 'm4a' : 'wav';
  return takes('png') && !isLarge ? 'png' : 'jpeg';
}

/**
 * The file in a form that the model takes: what it doesn't know goes as JPEG, PNG or MP3.
 * @param isUpright wanted where other files refer to its pixels: then nothing may be left for a reader to turn
 */
async function accepted(
  { engine }: SourcePorts,
  model: Model,
  source: CloudSource,
  stem: string,
  context: SourceContext,
  isUpright: boolean,
): Promise<Prepared> {
  const { mime } = FORMATS[source.format];
  const { limits } = model;
  const isLarge = source.sizeBytes > limits.maxSourceBytes;
  if (limits.sourceMimes.includes(mime) && !isLarge && (!isUpright || source.format === 'png')) return { ...source, mime, isCopy: false };
  const format = targetOf(model, source, isLarge);
  const isPicture = FORMATS[format].kind === 'image';
  const { file } = await engine.run(
    {
      verb: 'convert',
      path: source.path,
      temp: { dir: context.place.dir, stem },
      settings: { format, ...(isLarge && isPicture ? { width: LARGE_SIDE, height: LARGE_SIDE } : {}), fit: 'inside', quality: 92 },
    },
    { signal: context.signal },
  );
  return { path: file.tempPath, sha256: file.sha256, sizeBytes: file.sizeBytes, mime: FORMATS[file.format].mime, isCopy: true };
}

/** A mask with exactly the pixels of the picture that it belongs to. */
async function fittingMask({ engine }: SourcePorts, mask: CloudSource, picture: string, stem: string, context: SourceContext) {
  const sideOf = async (path: string): Promise<{ width: number; height: number }> => {
    const { summary } = await engine.run({ verb: 'inspect', path, depth: 'quick' }, { signal: context.signal });
    if (summary.width === undefined || summary.height === undefined) throw new AppError('file.damaged', 'a picture without a size');
    return { width: summary.width, height: summary.height };
  };
  const [wanted, own] = [await sideOf(picture), await sideOf(mask.path)];
  if (wanted.width === own.width && wanted.height === own.height) return { ...mask, mime: 'image/png', isCopy: false };
  const { file } = await engine.run(
    {
      verb: 'convert',
      path: mask.path,
      temp: { dir: context.place.dir, stem },
      settings: { format: 'png', ...wanted, fit: 'crop', enlarge: true },
    },
    { signal: context.signal },
  );
  return { path: file.tempPath, sha256: file.sha256, sizeBytes: file.sizeBytes, mime: 'image/png', isCopy: true };
}

/**
 * Brings the files of a request to the server, in their order. What the model doesn't take as it is goes as a copy that is taken away
 * afterwards; a mask is brought to the size of the first picture.
 * @returns their uploads with their roles; none for a model that takes no files
 */
export async function uploadSources(
  ports: SourcePorts,
  model: Model,
  sources: readonly CloudSource[],
  context: SourceContext,
): Promise<{ uploadId: string; role: CloudSource['role'] }[]> {
  if (model.limits.maxSources === 0 || sources.length === 0) return [];
  const hasMask = sources.some(({ role }) => role === 'mask');
  const copies: string[] = [];
  const uploads: { uploadId: string; role: CloudSource['role'] }[] = [];
  let first: string | undefined;
  try {
    for (const [index, source] of sources.entries()) {
      const stem = `${context.place.stem}u${index}`;
      const isFirst = first === undefined && source.role === 'image';
      const prepared: Prepared =
        source.role === 'mask' && first !== undefined
          ? await fittingMask(ports, source, first, stem, context)
          : await accepted(ports, model, source, stem, context, hasMask && isFirst);
      if (prepared.isCopy) copies.push(prepared.path);
      if (isFirst) first = prepared.path;
      const upload = await uploadOnce({
        ...ports,
        source: prepared.sha256 === '' ? { ...prepared, ...(await hashFile(prepared.path)) } : prepared,
        signal: context.signal,
        onProgress: (fraction) => context.onProgress((index + fraction) / sources.length),
      });
      uploads.push({ uploadId: upload.id, role: source.role });
    }
    return uploads;
  } finally {
    for (const copy of copies) await removeQuietly(copy);
  }
}
