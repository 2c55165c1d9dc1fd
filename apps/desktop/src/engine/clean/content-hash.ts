import { createHash } from 'node:crypto';
import type { MediaFormat } from '@pingplex/shared/domain';
import { probeStreams } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';
import { openImage } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { withByteSource } from '../probe/byte-source.ts';
import { topBoxes } from '../probe/iso-media.ts';
import { codedPicture } from './heif-items.ts';
import { bytesOf } from './pieces.ts';
import { hashStreams } from './remux.ts';
import { flacHash } from './strip-flac.ts';
import { stripJxl } from './strip-jxl.ts';
import { framesHash } from './strip-mp3.ts';
import { shownPages } from './strip-tiff.ts';

/** Decoding more than this, all frames together, takes longer than cleaning is worth. */
const MAX_DECODED_PIXELS = 600_000_000;

/**
 * A fingerprint of what a file shows or plays, for "the same bit for bit": decoded pixels of all frames for pictures
 * (JPEG XL and HEIC: their coded bytes), bytes of all coded streams for film and sound.
 * @returns undefined when it can't be told: the file does not decode, or is too big to decode twice
 */
export async function contentHash(path: string, format: MediaFormat, ctx: JobContext): Promise<string | undefined> {
  ctx.signal.throwIfAborted();
  switch (format) {
    case 'jpeg':
    case 'png':
    case 'webp':
    case 'gif':
      return await pixelHash(path, format).catch(() => undefined);
    case 'tiff':
      return await pagesHash(path).catch(() => undefined);
    case 'heic':
      return await codedHash(path, format, ctx).catch(() => undefined);
    case 'avif':
      // Sequences are beyond the picture library.
      return await pixelHash(path, format).catch(() => codedHash(path, format, ctx).catch(() => undefined));
    case 'jxl':
      return await withByteSource(path, async (source) => {
        const hash = createHash('sha256');
        for await (const bytes of bytesOf(source, (await stripJxl(source)).picture)) hash.update(bytes);
        return hash.digest('hex');
      });
    case 'mp3':
    case 'aac':
      // Demuxers hand tags behind the sound on as if they were its last packet.
      return (await withByteSource(path, framesHash)) ?? (await hashStreams(path, format, ctx)).join(' ');
    case 'flac':
      return await withByteSource(path, flacHash);
    case 'raw':
      return undefined;
    default:
      return (await hashStreams(path, format, ctx)).join(' ');
  }
}

/** Pixels leave libvips in strips, so the whole picture is never in memory. */
async function pixelHash(path: string, format: MediaFormat): Promise<string | undefined> {
  // The library can't join the tiles of an AVIF grid when all pages are asked for.
  const options = { failOn: 'none', pages: format === 'avif' ? 1 : -1 } as const;
  const { width, height, pages } = await (await openImage(path, options)).metadata();
  if (width * height > MAX_DECODED_PIXELS) return undefined;
  const hash = createHash('sha256').update(`${width}x${height}x${pages ?? 1}`);
  for await (const piece of (await openImage(path, options)).raw()) hash.update(piece);
  return hash.digest('hex');
}

/** Pages of a TIFF may differ in size, and its thumbnails are none. */
async function pagesHash(path: string): Promise<string | undefined> {
  const shown = await withByteSource(path, shownPages);
  if (shown === undefined) return await pixelHash(path, 'tiff');
  const hash = createHash('sha256').update(String(shown.length));
  let pixels = 0;
  for (const page of shown) {
    const options = { failOn: 'none', page } as const;
    const { width, height } = await (await openImage(path, options)).metadata();
    pixels += width * height;
    if (pixels > MAX_DECODED_PIXELS) return undefined;
    hash.update(`${width}x${height}`);
    for await (const piece of (await openImage(path, options)).raw()) hash.update(piece);
  }
  return hash.digest('hex');
}

/** The coded pictures and the properties that decoding needs: the same bytes decode to the same pixels, and decoding takes seconds. */
async function codedHash(path: string, format: MediaFormat, ctx: JobContext): Promise<string | undefined> {
  return await withByteSource(path, async (source) => {
    const coded = await codedPicture(source);
    if (coded === undefined || coded.ranges.length === 0) return undefined;
    const hash = createHash('sha256').update(coded.properties);
    for await (const bytes of bytesOf(source, coded.ranges)) hash.update(bytes);
    const isSequence = (await topBoxes(source)).some((box) => box.type === 'moov');
    return [hash.digest('hex'), ...(isSequence ? await hashStreams(path, format, ctx) : [])].join(' ');
  });
}

/** How many pictures of a film are decoded to prove that a new container still leads a player to them. */
const PROOF_FRAMES = 12;

/**
 * Fingerprint of the first pictures of a film as a decoder gives them, or undefined when there are none. Equal bytes in
 * the streams say nothing about headers that no longer fit them; this does.
 */
export async function firstFramesHash(path: string, format: MediaFormat, ctx: JobContext): Promise<string | undefined> {
  const { video } = await probeStreams(path, format);
  if (video === undefined) return undefined;
  const hash = createHash('sha256');
  let frames = 0;
  const chain = 'scale=w=160:h=160:flags=neighbor,format=gray';
  for await (const frame of decodeFrames({ path, format, streamIndex: video.index, chain, signal: ctx.signal })) {
    using owned = frame;
    const plane = owned.data?.[0];
    const stride = owned.linesize[0] ?? 0;
    if (plane) for (let y = 0; y < owned.height; y += 1) hash.update(plane.subarray(y * stride, y * stride + owned.width));
    frames += 1;
    if (frames === PROOF_FRAMES) break;
  }
  return frames === 0 ? undefined : hash.digest('hex');
}
