import { createRequire } from 'node:module';
import { AppError } from '@pingplex/shared/errors';

/** Upright pixels, four bytes each (RGBA), in the file's own colour space. */
type RgbaPicture = { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray };
type Decode = (input: { buffer: Uint8Array }) => Promise<RgbaPicture>;

/**
 * Decodes the main picture of a HEIC file (HEVC), which the picture library cannot. One thread; 12 megapixels take about 0.6 s.
 * @throws AppError file.damaged
 */
export async function decodeHeic(bytes: Uint8Array): Promise<RgbaPicture> {
  // The package is CommonJS without types.
  const decode = createRequire(import.meta.url)('heic-decode') as Decode;
  try {
    return await decode({ buffer: bytes });
  } catch (thrown) {
    throw new AppError('file.damaged', thrown instanceof Error ? thrown.message : 'the HEIC picture does not decode', { cause: thrown });
  }
}
