import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { release } from '../measure/big-memory.ts';

/** Formats that a picture can be written in. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff' | 'gif';

/**
 * Above this (25 megapixels) JPEG's code tables are not fitted to the picture: that saves a few percent of the file, but keeps all of
 * its coefficients in memory until the end, more than the picture itself.
 */
const LARGE_BYTES = 75_000_000;
const ROWS_PER_STRIP = 64;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;

/** What a source format is written as: itself, and JPEG where there is no encoder (HEIC). */
export function writtenFormat(format: MediaFormat): PictureFormat {
  switch (format) {
    case 'jpeg':
    case 'png':
    case 'webp':
    case 'avif':
    case 'tiff':
    case 'gif':
      return format;
    case 'heic':
      return 'jpeg';
    default:
      throw new AppError('engine.stepNotPossible', `variants of ${format} can't be written`, { params: { reason: 'noEncoder', format } });
  }
}

/**
 * A picture on its way to the encoder: an uncompressed TIFF in memory, which is the one way to hand sharp pixels together with the
 * colour profile they are in, without any conversion (TIFF 6.0 sections 2 and 7; profile: tag 34675).
 */
export class Canvas {
  /** Rows without gaps, 8 bits per channel; to be filled before encoding. */
  readonly pixels: Uint8Array;
  private readonly file: Buffer;

  constructor(width: number, height: number, channels: 3 | 4, icc: Buffer | undefined) {
    const strips = Math.ceil(height / ROWS_PER_STRIP);
    const stripBytes = width * channels * ROWS_PER_STRIP;
    const total = width * height * channels;
    const offsets = Array.from({ length: strips }, (_, i) => 8 + i * stripBytes);
    const counts = offsets.map((_, i) => Math.min(stripBytes, total - i * stripBytes));
    const extra = channels === 4 ? [{ tag: 338, type: SHORT, values: [2] }] : [];
    const entries = [
      { tag: 256, type: LONG, values: [width] },
      { tag: 257, type: LONG, values: [height] },
      { tag: 258, type: SHORT, values: new Array<number>(channels).fill(8) },
      { tag: 259, type: SHORT, values: [1] },
      { tag: 262, type: SHORT, values: [2] },
      { tag: 273, type: LONG, values: offsets },
      { tag: 277, type: SHORT, values: [channels] },
      { tag: 278, type: LONG, values: [ROWS_PER_STRIP] },
      { tag: 279, type: LONG, values: counts },
      { tag: 284, type: SHORT, values: [1] },
      ...extra,
      ...(icc ? [{ tag: 34675, type: UNDEFINED, values: icc }] : []),
    ];
    const directoryAt = 8 + total + (total % 2);
    const directoryBytes = 2 + entries.length * 12 + 4;
    const valueBytes = entries.reduce((sum, entry) => sum + entry.values.length * typeBytes(entry.type) + 4, 0);
    this.file = Buffer.alloc(directoryAt + directoryBytes + valueBytes);
    this.file.write('II*\0', 'latin1');
    this.file.writeUInt32LE(directoryAt, 4);
    this.file.writeUInt16LE(entries.length, directoryAt);
    let valuesAt = directoryAt + directoryBytes;
    entries.forEach(({ tag, type, values }, i) => {
      const at = directoryAt + 2 + i * 12;
      const bytes = values.length * typeBytes(type);
      this.file.writeUInt16LE(tag, at);
      this.file.writeUInt16LE(type, at + 2);
      this.file.writeUInt32LE(values.length, at + 4);
      if (bytes > 4) this.file.writeUInt32LE(valuesAt, at + 8);
      let to = bytes > 4 ? valuesAt : at + 8;
      for (const value of values) to = writeValue(this.file, type, value, to);
      if (bytes > 4) valuesAt = to + (to % 2);
    });
    this.pixels = this.file.subarray(8, 8 + total);
  }

  /**
   * Encodes without any metadata but the profile.
   * @param quality as of JPEG, 1–100
   * @param source the source's facts, for its chroma subsampling
   */
  async encode(format: PictureFormat, quality: number, source: Metadata): Promise<Buffer> {
    // Read from top to bottom: otherwise the library unpacks the whole file into memory of its own first.
    const image = sharp(this.file, { limitInputPixels: false, sequentialRead: true }).keepIccProfile();
    const isLarge = this.pixels.length > LARGE_BYTES;
    return encoder(image, format, quality, source, isLarge).toBuffer();
  }

  /** Gives the memory back; the canvas is of no use afterwards. */
  release(): void {
    release(this.file);
  }
}

function encoder(image: Sharp, format: PictureFormat, quality: number, source: Metadata, isLarge: boolean): Sharp {
  const chromaSubsampling = source.chromaSubsampling === '4:4:4' ? '4:4:4' : '4:2:0';
  switch (format) {
    case 'jpeg':
      return image.flatten({ background: '#fff' }).jpeg({ quality, chromaSubsampling, optimiseCoding: !isLarge });
    case 'png':
      return image.png({ compressionLevel: 6 });
    case 'webp':
      return image.webp({ quality });
    case 'avif':
      // AVIF's scale is another one: 65 looks like JPEG's 88.
      return image.avif({ quality: Math.min(90, quality - 20), effort: 3, chromaSubsampling: '4:2:0' });
    case 'tiff':
      return image.tiff({ compression: 'lzw', predictor: 'horizontal' });
    case 'gif':
      return image.gif();
  }
}

function typeBytes(type: number): number {
  return type === SHORT ? 2 : type === LONG ? 4 : 1;
}

function writeValue(file: Buffer, type: number, value: number, at: number): number {
  if (type === SHORT) return file.writeUInt16LE(value, at);
  return type === LONG ? file.writeUInt32LE(value, at) : file.writeUInt8(value, at);
}
