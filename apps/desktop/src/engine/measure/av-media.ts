import { setImmediate as nextTurn } from 'node:timers/promises';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import type { Demuxer, Frame } from 'node-av';
import { avError, describeInput, loadAv, openInput, type StreamFacts } from '../binaries/av.ts';
import { checkDecodable } from '../binaries/frames.ts';
import { sniff } from '../probe/sniff.ts';

/** Work between two looks at the signal; keeps the worker's answers well under a second apart. */
const SLICE_MS = 15;

/** What a film or sound file holds, and a way to read it again from the start. */
export type OpenMedia = {
  readonly path: string;
  readonly format: MediaFormat;
  readonly video: StreamFacts | undefined;
  readonly audio: StreamFacts | undefined;
  readonly durationMs: number | undefined;
  /** Of the whole file, bits per second. */
  readonly bitRate: number | undefined;
  /** Timestamp that the file's clock begins at, milliseconds. */
  readonly startMs: number;
};

/**
 * Looks into a video or sound file.
 * @throws AppError as `sniff` and `openInput`
 */
export async function openMedia(path: string): Promise<OpenMedia> {
  const { format } = await sniff(path);
  const av = await loadAv();
  const demuxer = await openInput(path, format);
  try {
    const { video, audio, durationMs, bitRate } = describeInput(av, demuxer);
    const start = demuxer.getFormatContext().startTime;
    const startMs = start === av.AV_NOPTS_VALUE ? 0 : Number(start) / 1000;
    return { path, format, video: FORMATS[format].kind === 'audio' ? undefined : video, audio, durationMs, bitRate, startMs };
  } finally {
    await demuxer.close();
  }
}

/**
 * Decodes one stream through a filter chain. A frame is valid until the next one is asked for.
 * Damaged packets are left out, so a damaged file gives what decodes.
 * @param signal looked at every 15 ms of work
 * @param fromMs clock of the file from which frames are wanted; the first ones given may be earlier, back to a key frame
 */
export async function* filteredFrames(
  media: OpenMedia,
  stream: StreamFacts,
  chain: string,
  signal: AbortSignal,
  fromMs = 0,
): AsyncGenerator<Frame> {
  const av = await loadAv();
  const demuxer = await openInput(media.path, media.format);
  // A seek that fails leaves the reader at the start; then more frames than needed are given.
  if (fromMs > 0 && demuxer.seekSync(fromMs / 1000, -1, av.AVSEEK_FLAG_BACKWARD) < 0) demuxer.seekSync(0, -1, av.AVSEEK_FLAG_BACKWARD);
  try {
    yield* decode(av, demuxer, stream.index, chain, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw avError(thrown);
  } finally {
    await demuxer.close();
  }
}

async function* decode(
  av: Awaited<ReturnType<typeof loadAv>>,
  demuxer: Demuxer,
  index: number,
  chain: string,
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  const stream = demuxer.getStream(index);
  if (!stream) return;
  checkDecodable(stream);
  const decoder = await av.Decoder.create(stream, { exitOnError: false, threadCount: 2 });
  const filter = av.FilterAPI.create(chain, { threads: 1 });
  try {
    let sliceEnd = performance.now() + SLICE_MS;
    for (const packet of demuxer.packetsSync(index)) {
      if (packet === null) break;
      using owned = packet;
      // Pictures are decoded on another thread: this one has hashes to take meanwhile, often of another file.
      const isPicture = stream.codecpar.codecType === av.AVMEDIA_TYPE_VIDEO;
      for (const frame of isPicture ? await decoder.decodeAll(owned) : decoder.decodeAllSync(owned)) {
        using decoded = frame;
        yield* handOut(filter.processAllSync(decoded));
      }
      if (performance.now() > sliceEnd) {
        await nextTurn();
        signal.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    for (const frame of decoder.flushFramesSync()) {
      using decoded = frame;
      yield* handOut(filter.processAllSync(decoded));
    }
    if (filter.isFilterInitialized) yield* handOut([...filter.flushFramesSync()]);
  } finally {
    filter.close();
    decoder.close();
  }
}

function* handOut(frames: readonly Frame[]): Generator<Frame> {
  try {
    yield* frames;
  } finally {
    for (const frame of frames) frame.free();
  }
}
