import type { Summary } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { describeInput, loadAv, openInput, type StreamProbe } from '../binaries/av.ts';

/** PQ and HLG in ISO/IEC 23091-2. */
const HDR_TRANSFERS: readonly number[] = [16, 18];
const MAX_FPS = 120;

/** What a film or a sound says about itself, as far as it decides how it is converted. */
export type MediaFacts = StreamProbe & {
  /** Pixel width over height, 1 for square pixels. */
  readonly pixelAspect: number;
  /** Frames per second as FFmpeg writes a fraction, and as a number; at most 120. */
  readonly rate: string;
  readonly fps: number;
  readonly isHdr: boolean;
  /** More than 16 bits per sample. */
  readonly deepSound: boolean;
};

/** @throws AppError as `openInput` */
export async function readFacts(path: string, format: MediaFormat): Promise<MediaFacts> {
  const av = await loadAv();
  await using input = await openInput(path, format);
  const probe = describeInput(av, input);
  const video = probe.video === undefined ? undefined : input.getStream(probe.video.index);
  const audio = probe.audio === undefined ? undefined : input.getStream(probe.audio.index);
  const sar = video?.sampleAspectRatio;
  const average = video?.avgFrameRate;
  const known = average !== undefined && average.num > 0 && average.den > 0;
  const fps = known ? average.num / average.den : 25;
  return {
    ...probe,
    pixelAspect: sar && sar.num > 0 && sar.den > 0 ? sar.num / sar.den : 1,
    fps: Math.min(MAX_FPS, fps),
    rate: known && fps <= MAX_FPS ? `${average.num}/${average.den}` : String(Math.min(MAX_FPS, fps)),
    isHdr: video !== undefined && HDR_TRANSFERS.includes(video.codecpar.colorTrc),
    deepSound: audio !== undefined && Math.max(audio.codecpar.bitsPerRawSample, audio.codecpar.bitsPerCodedSample) > 16,
  };
}

/** The facts of a written file, read back from it. */
export async function summaryOf(path: string, format: MediaFormat): Promise<Summary> {
  const { video, audio, durationMs, bitRate } = await readFacts(path, format);
  const upright = video?.rotation === 90 || video?.rotation === 270;
  const size = video?.width && video.height ? { width: video.width, height: video.height } : undefined;
  const shown = size && upright ? { width: size.height, height: size.width } : size;
  return {
    ...(shown && video ? { ...shown, videoCodec: video.codec } : {}),
    ...(video?.fps ? { fps: video.fps } : {}),
    ...(audio ? { audioCodec: audio.codec } : {}),
    ...(audio?.sampleRate ? { sampleRate: audio.sampleRate } : {}),
    ...(audio?.channels ? { channels: audio.channels } : {}),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(bitRate === undefined ? {} : { bitRate }),
  };
}

/** A conversion that can't be, with its reason and what the reason's text speaks of. */
export function impossible(
  from: MediaFormat,
  to: MediaFormat,
  reason: string,
  more: Readonly<Record<string, string | number>> = {},
): AppError {
  return new AppError('engine.stepNotPossible', `cannot convert ${from} to ${to}: ${reason}`, {
    params: { verb: 'convert', from, to, reason, ...more },
  });
}
