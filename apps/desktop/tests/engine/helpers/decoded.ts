import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { MediaFormat } from '@pingplex/shared/domain';
import { Decoder, Demuxer } from 'node-av/api';
import { AV_CODEC_FLAG2_SKIP_MANUAL, AV_LOG_FATAL } from 'node-av/constants';
import { type Frame, Log, type Stream } from 'node-av/lib';
import sharp from 'sharp';
import { decodeHeic } from '../../../src/engine/binaries/heic.ts';

/** Rows of a picture or samples of a sound, without the filling that decoders put behind rows. */
function addFrame(sum: ReturnType<typeof createHash>, frame: Frame): void {
  const planes = frame.data ?? [];
  sum.update(`${frame.width}x${frame.height} ${frame.nbSamples} ${frame.format}`);
  planes.forEach((plane, n) => {
    if (frame.height === 0) {
      sum.update(plane);
      return;
    }
    // Every format that these tests decode has all its chroma at half the height, or at the full one.
    const stride = frame.linesize[n] ?? 0;
    const height = stride === 0 ? 0 : Math.min(frame.height, Math.floor(plane.length / stride));
    const half = n > 0 && stride * 2 <= (frame.linesize[0] ?? 0) + 64;
    const rows = half ? Math.min(height, Math.ceil(frame.height / 2)) : height;
    const width = half ? Math.ceil(frame.width / 2) : Math.min(stride, frame.width * (planes.length > 1 ? 1 : 4));
    for (let y = 0; y < rows; y += 1) sum.update(plane.subarray(y * stride, y * stride + width));
  });
}

/** Every frame of a stream; of texts the packets, which need no decoder. */
function streamHash(path: string, index: number): string {
  const demuxer = Demuxer.openSync(path);
  const stream = demuxer.streams[index] as Stream;
  const sum = createHash('sha256');
  let frames = 0;
  // Whole frames: how many samples of the last one are filling is read from the size of the file, tags included.
  const decoder = Decoder.createSync(stream, {
    exitOnError: false,
    context: { flags2: AV_CODEC_FLAG2_SKIP_MANUAL },
  });
  const take = (frame: Frame) => {
    addFrame(sum, frame);
    frame.free();
    frames += 1;
  };
  for (const packet of demuxer.packetsSync(index)) {
    if (packet === null) break;
    for (const frame of decoder.decodeAllSync(packet)) take(frame);
    packet.free();
  }
  for (const frame of decoder.decodeAllSync(null)) take(frame);
  decoder.close();
  demuxer.closeSync();
  return `${frames} frames ${sum.digest('hex')}`;
}

const PICTURES: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'gif', 'tiff'];

/**
 * What a decoder makes of a file, all pictures, frames and samples of it, found by other code than the product compares with.
 * @returns one line per stream; equal lines mean equal pixels and samples
 */
export async function decodedHash(path: string, format: MediaFormat, isAnimated = false): Promise<string> {
  if (format === 'heic') {
    const { width, height, data } = await decodeHeic(await readFile(path));
    return `${width}x${height} ${createHash('sha256').update(data).digest('hex')}`;
  }
  if (PICTURES.includes(format) || (format === 'avif' && !isAnimated)) {
    const { data, info } = await sharp(path, { failOn: 'none', ...(format === 'avif' ? {} : { pages: -1 }) })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return `${info.width}x${info.height}x${info.channels} ${createHash('sha256').update(data).digest('hex')}`;
  }
  Log.setLevel(AV_LOG_FATAL);
  const demuxer = Demuxer.openSync(path);
  // Covers and data tracks are no part of what plays.
  const played = demuxer.streams.filter(
    ({ codecpar, disposition }) => codecpar.codecType <= 1 && codecpar.codecType >= 0 && (disposition & 0x400) === 0,
  );
  const indexes = played.map((stream) => stream.index);
  demuxer.closeSync();
  return indexes.map((index) => streamHash(path, index)).join(' | ');
}
