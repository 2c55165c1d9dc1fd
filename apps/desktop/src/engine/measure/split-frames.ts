import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Decoder, FilterAPI, Frame } from 'node-av';
import { avError, loadAv, openInput, type StreamFacts } from '../binaries/av.ts';
import type { OpenMedia } from './av-media.ts';

/** Work between two looks at the signal; keeps the worker's answers well under a second apart. */
const SLICE_MS = 15;

/** A frame that one of the chains gave; valid until the next one is asked for. */
type SplitFrame = { readonly chain: number; readonly frame: Frame };

/**
 * Decodes one stream once, from the beginning, through several filter chains: each gets every decoded frame.
 * Damaged packets are left out, so a damaged file gives what decodes.
 * @param chains FFmpeg filter chains
 * @param isWanted asked before a chain gets a frame; a chain that isn't wanted any more costs nothing
 */
export async function* splitFrames(
  media: OpenMedia,
  stream: StreamFacts,
  chains: readonly string[],
  signal: AbortSignal,
  isWanted: (chain: number) => boolean = () => true,
): AsyncGenerator<SplitFrame> {
  const av = await loadAv();
  const demuxer = await openInput(media.path, media.format);
  const source = demuxer.getStream(stream.index);
  let decoder: Decoder | undefined;
  const filters: FilterAPI[] = [];
  try {
    if (!source) return;
    decoder = await av.Decoder.create(source, { exitOnError: false, threadCount: 2 });
    for (const chain of chains) filters.push(av.FilterAPI.create(chain, { threads: 1 }));
    const isPicture = source.codecpar.codecType === av.AVMEDIA_TYPE_VIDEO;
    let sliceEnd = performance.now() + SLICE_MS;
    for (const packet of demuxer.packetsSync(stream.index)) {
      if (packet === null) break;
      using owned = packet;
      // Pictures are decoded on another thread: this one has hashes to take meanwhile.
      const frames = isPicture ? await decoder.decodeAll(owned) : decoder.decodeAllSync(owned);
      for (const frame of frames) yield* through(filters, frame, isWanted);
      if (performance.now() > sliceEnd) {
        await nextTurn();
        signal.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
      if (!filters.some((_, chain) => isWanted(chain))) return;
    }
    for (const frame of decoder.flushFramesSync()) yield* through(filters, frame, isWanted);
    for (const [chain, filter] of filters.entries()) {
      if (filter.isFilterInitialized && isWanted(chain)) yield* handOut(chain, [...filter.flushFramesSync()]);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw avError(thrown);
  } finally {
    for (const filter of filters) filter.close();
    decoder?.close();
    await demuxer.close();
  }
}

function* through(filters: readonly FilterAPI[], decoded: Frame, isWanted: (chain: number) => boolean): Generator<SplitFrame> {
  using owned = decoded;
  for (const [chain, filter] of filters.entries()) {
    if (!isWanted(chain)) continue;
    // Filters write new timestamps into the frame that they are given; a clone shares its pixels, not its timestamps.
    using own = filters.length === 1 ? undefined : owned.clone();
    yield* handOut(chain, filter.processAllSync(own ?? owned));
  }
}

function* handOut(chain: number, frames: readonly Frame[]): Generator<SplitFrame> {
  try {
    for (const frame of frames) yield { chain, frame };
  } finally {
    for (const frame of frames) frame.free();
  }
}
