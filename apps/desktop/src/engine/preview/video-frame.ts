import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { StreamFacts } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';

type FrameWish = {
  readonly path: string;
  readonly format: MediaFormat;
  readonly stream: StreamFacts;
  /** Longest side of the result in pixels; smaller films stay as they are. */
  readonly side: number;
  /** Position in milliseconds; 0 is the first frame. */
  readonly atMs?: number;
  readonly signal: AbortSignal;
};

/** Three bytes per pixel, upright. */
type RgbFrame = { readonly width: number; readonly height: number; readonly data: Buffer; readonly ptsMs: number };

const TURN_FILTERS: Readonly<Record<number, readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/** Square pixels, the wanted size, the display matrix applied, RGB. */
function displayChain(stream: StreamFacts, side: number): string {
  const box = `scale=w='min(${side},iw)':h='min(${side},ih)':force_original_aspect_ratio=decrease:flags=bicubic`;
  return ["scale=w='trunc(iw*sar)':h=ih", 'setsar=1', box, ...(TURN_FILTERS[stream.rotation ?? 0] ?? []), 'format=rgb24'].join(',');
}

function pack(data: Buffer, stride: number, width: number, height: number): Buffer {
  const row = width * 3;
  const out = Buffer.allocUnsafe(row * height);
  for (let y = 0; y < height; y += 1) data.copy(out, y * row, y * stride, y * stride + row);
  return out;
}

async function firstFrom(wish: FrameWish, seekMs: number): Promise<RgbFrame | undefined> {
  const { path, format, stream, side, signal } = wish;
  let best: RgbFrame | undefined;
  const wanted = wish.atMs ?? 0;
  // Exactness costs decoding from the key frame on; two seconds of it are enough for a picture to recognise the film by.
  const stopMs = seekMs === 0 && wanted > 0 ? 0 : wanted;
  for await (const frame of decodeFrames({ path, format, streamIndex: stream.index, chain: displayChain(stream, side), seekMs, signal })) {
    using owned = frame;
    const plane = owned.data?.[0];
    const stride = owned.linesize[0];
    if (!plane || !stride || owned.width <= 0 || owned.height <= 0) continue;
    const ptsMs = (Number(owned.pts) * 1000 * owned.timeBase.num) / owned.timeBase.den;
    best = { width: owned.width, height: owned.height, data: pack(plane, stride, owned.width, owned.height), ptsMs };
    if (ptsMs >= stopMs - 1 || !Number.isFinite(ptsMs) || ptsMs < stopMs - 2000) break;
  }
  return best;
}

/**
 * One frame of a film as it is displayed. When nothing decodes at the wanted place, the first frame that does is given.
 * @throws AppError file.damaged when no frame decodes at all
 */
export async function filmFrame(wish: FrameWish): Promise<RgbFrame> {
  const there = wish.atMs
    ? await firstFrom(wish, wish.atMs).catch((thrown: unknown) => {
        wish.signal.throwIfAborted();
        if (thrown instanceof AppError && thrown.code === 'engine.unavailable') throw thrown;
        return undefined;
      })
    : undefined;
  const frame = there ?? (await firstFrom({ ...wish, atMs: 0 }, 0));
  if (!frame) throw new AppError('file.damaged', 'not one frame of this film decodes');
  return frame;
}
