import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Demuxer, FormatContext, Muxer, Packet, Stream } from 'node-av';
import { errnoOf, outputError } from '../../output/index.ts';
import { type Av, avError, loadAv, openInput } from '../binaries/av.ts';
import { eraseMuxerName } from '../binaries/muxer-name.ts';
import type { JobContext } from '../job-context.ts';
import { openCueTrack } from './cue-track.ts';
import { RECIPES } from './encoders.ts';
import type { Part } from './limits.ts';
import type { Cue } from './subtitle-text.ts';

const SLICE_MS = 20;
/** Other streams may lie a little before the pictures of the same moment. */
const SEEK_BACK_MS = 1000;

type CopyJob = {
  readonly input: string;
  readonly inputFormat: MediaFormat;
  readonly output: string;
  readonly to: MediaFormat;
  readonly videoIndex: number | undefined;
  readonly audioIndex: number | undefined;
  readonly part: Part;
  /** Subtitles to add, on the clock of the part. */
  readonly cues: readonly Cue[];
  readonly temp: TempPlace;
};

/** One stream on its way: its place in the new file, and whether its part is over. */
type Copy = { readonly stream: Stream; readonly index: number; readonly isVideo: boolean; firstMs: number; begun: boolean; done: boolean };

const NO_TAGS = (context: FormatContext): void => {
  context.metadata = null;
  for (const stream of context.streams) stream.metadata = null;
};

const toMs = (ts: bigint, packet: Packet): number => (Number(ts) * 1000 * packet.timeBase.num) / packet.timeBase.den;

function timeOf(av: Av, packet: Packet): { readonly pts: number; readonly dts: number } {
  const known = packet.pts !== av.AV_NOPTS_VALUE;
  const dts = packet.dts === av.AV_NOPTS_VALUE ? packet.pts : packet.dts;
  return { pts: toMs(known ? packet.pts : dts, packet), dts: toMs(dts, packet) };
}

function baseOf(av: Av, demuxer: Demuxer): number {
  const start = demuxer.getFormatContext().startTime;
  return start === av.AV_NOPTS_VALUE ? 0 : Number(start) / 1000;
}

function seek(av: Av, demuxer: Demuxer, ms: number): void {
  if (demuxer.seekSync(ms / 1000, -1, av.AVSEEK_FLAG_BACKWARD) < 0) demuxer.seekSync(0, -1, av.AVSEEK_FLAG_BACKWARD);
}

/** The last key frame at or before a time, on the file's own clock; undefined when there is none. */
async function lastKeyBefore(av: Av, job: CopyJob, wantedMs: number, ctx: JobContext): Promise<number | undefined> {
  for (const from of [wantedMs, 0]) {
    await using demuxer = await openInput(job.input, job.inputFormat);
    seek(av, demuxer, from);
    let key: number | undefined;
    let sliceEnd = performance.now() + SLICE_MS;
    for (const packet of demuxer.packetsSync(job.videoIndex)) {
      if (packet === null) break;
      using owned = packet;
      const { pts, dts } = timeOf(av, owned);
      if (owned.isKeyframe && pts <= wantedMs + 0.5) key = pts;
      if (dts > wantedMs) break;
      if (performance.now() > sliceEnd) {
        await yieldToLoop();
        ctx.signal.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    if (key !== undefined) return key;
  }
  return undefined;
}

/** Moves a packet's clock so that the part begins at zero. */
function shift(av: Av, packet: Packet, baseMs: number): void {
  const ticks = BigInt(Math.round((baseMs * packet.timeBase.den) / (1000 * packet.timeBase.num)));
  if (packet.pts !== av.AV_NOPTS_VALUE) packet.pts -= ticks;
  if (packet.dts !== av.AV_NOPTS_VALUE) packet.dts -= ticks;
}

/**
 * True when the packet belongs into the part. Ends the stream when its part is over.
 * @param fromMs minus infinity takes all from the start on, with the sound that only primes the decoder
 */
function belongs(av: Av, copy: Copy, packet: Packet, fromMs: number, endMs: number): boolean {
  const { pts, dts } = timeOf(av, packet);
  if (copy.done) return false;
  // Pictures come in the order of decoding; up to the end of that order all may be needed by others.
  if ((copy.isVideo ? dts : pts) >= endMs - 0.5) {
    copy.done = true;
    return false;
  }
  if (!copy.begun) {
    if (pts < fromMs - 0.5 || (copy.isVideo && !packet.isKeyframe)) return false;
    copy.begun = true;
    copy.firstMs = pts;
  }
  // Pictures that are shown before the key frame need others that are not there.
  return pts >= fromMs - 0.5;
}

async function copyAll(av: Av, demuxer: Demuxer, copies: readonly Copy[], muxer: Muxer, zeroMs: number, job: CopyJob, ctx: JobContext) {
  const baseMs = baseOf(av, demuxer);
  const endMs = job.part.endMs === undefined ? Number.POSITIVE_INFINITY : baseMs + job.part.endMs;
  const fromMs = job.part.startMs > 0 ? zeroMs : Number.NEGATIVE_INFINITY;
  const totalMs = Math.max(1, Math.min(endMs, baseMs + demuxer.duration * 1000) - zeroMs);
  const cues = job.cues.length > 0 ? await openCueTrack(av, muxer, job.cues, job.to, job.temp) : undefined;
  let sliceEnd = performance.now() + SLICE_MS;
  try {
    for (const packet of demuxer.packetsSync()) {
      if (packet === null) break;
      using owned = packet;
      const copy = copies.find((one) => one.stream.index === owned.streamIndex);
      if (copy === undefined || !belongs(av, copy, owned, fromMs, endMs)) {
        if (copies.every((one) => one.done)) break;
        continue;
      }
      const { pts } = timeOf(av, owned);
      cues?.writeUntil(pts - zeroMs);
      shift(av, owned, zeroMs);
      muxer.writePacketSync(owned, copy.index);
      if (performance.now() > sliceEnd) {
        ctx.progress(Math.max(0, Math.min(0.99, (pts - zeroMs) / totalMs)));
        await yieldToLoop();
        ctx.signal.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    cues?.writeUntil(Number.POSITIVE_INFINITY);
  } finally {
    await cues?.close();
  }
}

const MP4_FAMILY: readonly MediaFormat[] = ['mp4', 'mov', 'm4a'];

/** Adds a stream; the four letters that name its codec in one family of containers mean nothing in another. */
function addCopy(av: Av, muxer: Muxer, stream: Stream, { inputFormat, to }: CopyJob): number {
  const index = muxer.addStream(stream);
  const out = muxer.getStream(index);
  if (out && !(MP4_FAMILY.includes(inputFormat) && MP4_FAMILY.includes(to))) {
    // Apple's players want HEVC under this name.
    const isHevc = MP4_FAMILY.includes(to) && stream.codecpar.codecId === av.AV_CODEC_ID_HEVC;
    out.codecpar.codecTag = isHevc ? 'hvc1' : 0;
  }
  return index;
}

/**
 * Copies pictures and sound into a fresh container without encoding; tags stay behind. With pictures, the copy begins at the last key
 * frame at or before the wanted start, and sound begins there too; the end is exact to the order of decoding.
 * @returns `startMs`: where it really begins, in milliseconds of the source
 * @throws AppError `file.damaged`, `output.*`; the signal's reason on abort
 */
export async function copyStreams(job: CopyJob, ctx: JobContext): Promise<{ readonly startMs: number }> {
  const av = await loadAv();
  const recipe = RECIPES[job.to];
  if (recipe === undefined) throw new AppError('internal.unexpected', `no muxer for ${job.to}`);
  try {
    await using demuxer = await openInput(job.input, job.inputFormat);
    const baseMs = baseOf(av, demuxer);
    const wanted = baseMs + job.part.startMs;
    const isCut = job.part.startMs > 0;
    const key = isCut && job.videoIndex !== undefined ? await lastKeyBefore(av, job, wanted, ctx) : undefined;
    const zeroMs = isCut ? (key ?? (job.videoIndex === undefined ? wanted : baseMs)) : baseMs;
    // Sound alone begins with the first whole packet after the wanted time.
    let firstMs = zeroMs;
    const muxer = await av.Muxer.open(job.output, {
      format: recipe.container,
      useAsyncWrite: false,
      options: { fflags: '+bitexact', ...recipe.containerOptions },
      configure: NO_TAGS,
    });
    try {
      const indexes = [job.videoIndex, job.audioIndex].filter((index) => index !== undefined);
      const copies = indexes.flatMap((index): Copy[] => {
        const stream = demuxer.getStream(index);
        return stream
          ? [{ stream, index: addCopy(av, muxer, stream, job), isVideo: index === job.videoIndex, firstMs: 0, begun: false, done: false }]
          : [];
      });
      if (isCut) seek(av, demuxer, Math.max(0, zeroMs - SEEK_BACK_MS));
      await copyAll(av, demuxer, copies, muxer, zeroMs, job, ctx);
      if (copies.every((copy) => !copy.begun)) throw new AppError('file.damaged', 'not one packet could be copied');
      if (isCut && job.videoIndex === undefined) firstMs = copies[0]?.firstMs ?? zeroMs;
      muxer.closeSync();
    } finally {
      await muxer.close();
    }
    await eraseMuxerName(job.output, recipe.container);
    return { startMs: firstMs - baseMs };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    if (errnoOf(thrown) !== undefined) throw outputError(thrown, 'copying streams');
    throw avError(thrown);
  }
}
