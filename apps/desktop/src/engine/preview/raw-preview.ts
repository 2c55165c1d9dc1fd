import { AppError } from '@pingplex/shared/errors';
import { readBinaryTag, readTagsFull } from '../binaries/exiftool.ts';

/** Best first: full-size JPEG, screen-size JPEG, then what is left. */
const PREVIEW_TAGS = ['JpgFromRaw', 'PreviewImage', 'OtherImage', 'JpgFromRaw2', 'PreviewTIFF', 'ThumbnailImage'] as const;

type RawPreview = {
  readonly bytes: Buffer;
  /** 1–8 as EXIF counts, from the RAW file; the embedded picture may carry its own, which then wins. */
  readonly orientation: number;
};

/**
 * The picture that a camera put into its RAW file for showing.
 * @throws AppError file.damaged when there is none, engine.unavailable when ExifTool can't run
 */
export async function rawPreview(path: string): Promise<RawPreview> {
  const tags = await readTagsFull(path);
  const has = new Set(tags.map((tag) => tag.key.slice(tag.key.indexOf(':') + 1)));
  const stored = Number(tags.find((tag) => tag.key === 'IFD0:Orientation')?.raw ?? 1);
  for (const name of PREVIEW_TAGS) {
    if (!has.has(name)) continue;
    // A damaged file names pictures that it doesn't hold; then another one may be there.
    const bytes = await readBinaryTag(path, name).catch(() => undefined);
    if (bytes !== undefined && bytes.length > 0) return { bytes, orientation: stored >= 1 && stored <= 8 ? stored : 1 };
  }
  throw new AppError('file.damaged', 'this RAW file holds no picture for showing');
}
