import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Decoder, Demuxer, FilterAPI, Frame, Stream } from 'node-av';
import { type Av, avError, loadAv, openInput } from './av.ts';

/** Longest stretch of work before the event loop gets its turn, so that cancel and heartbeat get through. */
const SLICE_MS = 15;
/** Twice 8K; a header that claims more asks for gigabytes. */
const MAX_FRAME_PIXELS = 66_355_200;
/** The most that any recorder writes (DXD); a resampler from 67 MHz works for ten seconds before its first sample. */
const MAX_SAMPLE_RATE = 768_000;

type FrameRequest = {
  readonly path: string;
  readonly format: MediaFormat;
  /** Which stream; default is the first of this type that plays (cover pictures don't). */
  readonly streamIndex: number;
  /** FFmpeg filter chain; `null` or `anull` to leave frames as they are. */
  readonly chain: string;
  /** Start near this time: the first frame given is at or after the key frame before it. */
  readonly seekMs?: number;
  readonly signal: AbortSignal;
  /** Fail on the first damaged packet instead of leaving it out. */
  readonly strict?: boolean;
  readonly threads?: number;
};

function* filtered(filter: FilterAPI, frame: Frame): Generator<Frame> {
  try {
    yield* filter.processAllSync(frame);
  } finally {
    frame.free();
  }
}

function seek(av: Av, demuxer: Demuxer, ms: number | undefined): void {
  if (!ms) return;
  // A seek that fails leaves the reader at the start, which is still a picture of this film.
  if (demuxer.seekSync(ms / 1000, -1, av.AVSEEK_FLAG_BACKWARD) < 0) demuxer.seekSync(0, -1, av.AVSEEK_FLAG_BACKWARD);
}

async function* run(demuxer: Demuxer, decoder: Decoder, filter: FilterAPI, stream: Stream, request: FrameRequest): AsyncGenerator<Frame> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (const packet of demuxer.packetsSync(stream.index)) {
    if (packet === null) break;
    using owned = packet;
    for (const frame of decoder.decodeAllSync(owned)) yield* filtered(filter, frame);
    if (performance.now() > sliceEnd) {
      await nextTurn();
      request.signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  for (const frame of decoder.flushFramesSync()) yield* filtered(filter, frame);
  if (filter.isFilterInitialized) yield* filter.flushFramesSync();
}

/**
 * Refuses streams whose header asks for more than any real one: the filters behind the decoder would take minutes or gigabytes.
 * @throws AppError file.tooLarge for frames that are too big, file.damaged for a sample rate that is none
 */
export function checkDecodable(stream: Stream): void {
  const { width, height, sampleRate } = stream.codecpar;
  if (width * height > MAX_FRAME_PIXELS) {
    throw new AppError('file.tooLarge', `frames of ${width} × ${height} pixels are more than can be decoded`, {
      params: { width, height },
    });
  }
  if (sampleRate > MAX_SAMPLE_RATE) throw new AppError('file.damaged', `${sampleRate} samples a second are no sound`);
}

/**
 * Decodes one stream through a filter chain. The consumer frees each frame (`using`).
 * @throws AppError file.damaged; the signal's reason on abort
 */
export async function* decodeFrames(request: FrameRequest): AsyncGenerator<Frame> {
  const av = await loadAv();
  await using demuxer = await openInput(request.path, request.format);
  const stream = demuxer.getStream(request.streamIndex);
  if (!stream) return;
  checkDecodable(stream);
  try {
    seek(av, demuxer, request.seekMs);
    using decoder = av.Decoder.createSync(stream, { exitOnError: request.strict ?? false, threadCount: request.threads ?? 1 });
    using filter = av.FilterAPI.create(request.chain, { threads: 1 });
    yield* run(demuxer, decoder, filter, stream, request);
  } catch (thrown) {
    request.signal.throwIfAborted();
    throw avError(thrown);
  }
}
