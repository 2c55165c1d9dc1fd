import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { AppError } from '@pingplex/shared/errors';
import type { Decoder, Demuxer, FormatContext, Frame, Muxer, Packet, Stream } from 'node-av';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { type Av, loadAv, openInput } from './av.ts';
import { eraseMuxerName } from './muxer-name.ts';
import { type TranscodeJob, type TranscodeResult, windowOf } from './transcode-job.ts';
import { Track } from './transcode-track.ts';

const SLICE_MS = 15;
/** Sound decoders need some packets before the first right sample. */
const PRE_ROLL_MS = 250;
/**
 * A cut nearer to the beginning is reached by decoding: that costs little, and some sound decoders (AAC with noise substitution) give
 * other samples after a jump, so a variant's bytes would depend on what was encoded beside it.
 */
const SEEK_WORTH_MS = 2000;
/** Decoded pictures that wait for the encoders of a shared run, twice (one batch is encoded while the next one is decoded). */
const BATCH_BYTES = 24 * 1024 * 1024;
const BATCH_FRAMES = 8;

/** Only null clears; an empty dictionary is ignored when it is assigned. */
function dropTags(context: FormatContext): void {
  context.metadata = null;
  for (const stream of context.streams) stream.metadata = null;
}

/** One decoder with the tracks, one per job, that live on its frames. */
type Reader = { readonly stream: Stream; readonly decoder: Decoder; readonly isVideo: boolean };
type Writer = { readonly job: TranscodeJob; readonly muxer: Muxer; video?: Track; audio?: Track };
type Step = { readonly frame: Frame; readonly isVideo: boolean };

const tracksOf = ({ video, audio }: Writer): Track[] => [video, audio].filter((track) => track !== undefined);
const isDone = (writers: readonly Writer[]): boolean => writers.every((writer) => tracksOf(writer).every((track) => track.finished));

/** Runs over a source once, for all jobs. */
class Run {
  private readonly demuxer: Demuxer;
  private readonly readers: readonly Reader[];
  private readonly writers: readonly Writer[];
  private readonly ctx: JobContext;
  private readonly totalMs: number;
  private batch: Step[] = [];
  private batchBytes = 0;
  private encoding: Promise<void> = Promise.resolve();

  constructor(demuxer: Demuxer, readers: readonly Reader[], writers: readonly Writer[], ctx: JobContext) {
    this.demuxer = demuxer;
    this.readers = readers;
    this.writers = writers;
    this.ctx = ctx;
    const lengths = writers.map(
      ({ job }) => Math.min(job.endMs ?? Number.POSITIVE_INFINITY, job.expectedMs ?? demuxer.duration * 1000) - (job.startMs ?? 0),
    );
    this.totalMs = Math.max(1, ...lengths);
  }

  private tell(): void {
    const doneMs = Math.max(0, ...this.writers.flatMap((writer) => tracksOf(writer).map((track) => track.lastMs)));
    this.ctx.progress(Math.min(0.99, doneMs / this.totalMs));
  }

  /** Sends time and cancel their turns: at least every 15 ms of work the event loop runs once. */
  async alone(writer: Writer): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    const breathe = async (): Promise<void> => {
      if (performance.now() <= sliceEnd) return;
      this.tell();
      await yieldToLoop();
      this.ctx.signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    };
    const bring = async (frames: Iterable<Frame>, isVideo: boolean): Promise<void> => {
      for (const frame of frames) {
        using owned = frame;
        await (isVideo ? writer.video : writer.audio)?.take(owned);
      }
    };
    for (const packet of this.demuxer.packetsSync()) {
      if (packet === null) break;
      using owned = packet;
      const reader = this.readerOf(owned);
      if (reader) await bring(reader.decoder.decodeAllSync(owned), reader.isVideo);
      if (isDone(this.writers)) break;
      await breathe();
    }
    for (const { decoder, isVideo } of this.readers) await bring(decoder.flushFramesSync(), isVideo);
    for (const track of tracksOf(writer)) {
      await track.finish();
      await yieldToLoop();
      this.ctx.signal.throwIfAborted();
    }
  }

  /** Decodes once and lets all jobs filter and encode side by side, one batch of pictures behind the decoder. */
  async together(): Promise<void> {
    try {
      for (const packet of this.demuxer.packetsSync()) {
        if (packet === null) break;
        using owned = packet;
        const reader = this.readerOf(owned);
        if (reader) await this.collect(await reader.decoder.decodeAll(owned), reader.isVideo);
        if (isDone(this.writers)) break;
      }
      for (const { decoder, isVideo } of this.readers)
        for await (const frame of decoder.flushFrames()) await this.collect([frame], isVideo);
      await this.handOver();
      await this.encoding;
      await settled(this.writers.map(finishAll));
    } finally {
      // Nothing may be closed while another thread still works on it.
      await this.encoding.catch(() => undefined);
      for (const { frame } of this.batch) frame.free();
    }
  }

  private readerOf(packet: Packet): Reader | undefined {
    return this.readers.find((reader) => reader.stream.index === packet.streamIndex);
  }

  private async collect(frames: readonly Frame[], isVideo: boolean): Promise<void> {
    for (const frame of frames) {
      this.batch.push({ frame, isVideo });
      if (isVideo) this.batchBytes += frame.width * frame.height * 1.5;
    }
    const pictures = this.batch.filter((step) => step.isVideo).length;
    if (pictures >= BATCH_FRAMES || this.batchBytes >= BATCH_BYTES || this.batch.length >= BATCH_FRAMES * 16) await this.handOver();
  }

  private async handOver(): Promise<void> {
    await this.encoding;
    this.ctx.signal.throwIfAborted();
    this.tell();
    const steps = this.batch;
    this.batch = [];
    this.batchBytes = 0;
    this.encoding = this.encode(steps);
    // Whoever waits next hears of a failure; nobody may be waiting yet.
    this.encoding.catch(() => undefined);
  }

  private async encode(steps: readonly Step[]): Promise<void> {
    try {
      await settled(
        this.writers.map(async (writer) => {
          for (const { frame, isVideo } of steps) await (isVideo ? writer.video : writer.audio)?.take(frame);
        }),
      );
    } finally {
      for (const { frame } of steps) frame.free();
    }
  }
}

async function finishAll(writer: Writer): Promise<void> {
  for (const track of tracksOf(writer)) await track.finish();
}

/** Waits for all, whatever happens to one of them, and then fails with the first failure. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}

function seekTo(av: Av, demuxer: Demuxer, startMs: number, baseMs: number): void {
  if (startMs < SEEK_WORTH_MS) return;
  // A seek that fails leaves the reader at the start; frames before the cut are then decoded and dropped.
  const ret = demuxer.seekSync((baseMs + startMs - PRE_ROLL_MS) / 1000, -1, av.AVSEEK_FLAG_BACKWARD);
  if (ret < 0) demuxer.seekSync(baseMs / 1000, -1, av.AVSEEK_FLAG_BACKWARD);
}

/** The stream that plays: the first video stream that isn't a cover picture. */
function mainVideo(av: Av, demuxer: Demuxer): Stream | undefined {
  return demuxer.streams.find(
    (stream) => stream.codecpar.codecType === av.AVMEDIA_TYPE_VIDEO && (stream.disposition & av.AV_DISPOSITION_ATTACHED_PIC) === 0,
  );
}

function readersOf(av: Av, demuxer: Demuxer, [first]: readonly TranscodeJob[]): Reader[] {
  const video = first?.video === undefined ? undefined : mainVideo(av, demuxer);
  const audio = first?.audio === undefined ? undefined : demuxer.audio();
  const reader = (stream: Stream, isVideo: boolean): Reader => ({
    stream,
    isVideo,
    decoder: av.Decoder.createSync(stream, { exitOnError: false, threadCount: first?.threads ?? 2 }),
  });
  return [...(video ? [reader(video, true)] : []), ...(audio ? [reader(audio, false)] : [])];
}

/**
 * Encodes one source into one or more files with node-av, decoding it once.
 * @param jobs same `input`; either all of them want pictures (sound) or none
 * @throws AppError `engine.stepNotPossible`; FFmpegError; the signal's reason on abort. Files are left to the caller then.
 */
export async function transcodeWithAv(jobs: readonly TranscodeJob[], ctx: JobContext): Promise<TranscodeResult[]> {
  const [first] = jobs;
  if (!first) return [];
  const av = await loadAv();
  await using demuxer = await openInput(first.input, first.inputFormat ?? (await sniff(first.input)).format);
  const startTime = demuxer.getFormatContext().startTime;
  const baseMs = startTime === av.AV_NOPTS_VALUE ? 0 : Number(startTime) / 1000;
  const readers = readersOf(av, demuxer, jobs);
  const writers: Writer[] = [];
  try {
    if (readers.length === 0) {
      throw new AppError('engine.stepNotPossible', 'the file has none of the wanted streams', {
        params: { reason: first.video ? 'noPicture' : 'noSound' },
      });
    }
    for (const job of jobs) writers.push(await openWriter(av, job, readers, baseMs, jobs.length > 1));
    seekTo(av, demuxer, Math.min(...jobs.map((job) => job.startMs ?? 0)), baseMs);
    const run = new Run(demuxer, readers, writers, ctx);
    const [only] = writers;
    if (writers.length === 1 && only) await run.alone(only);
    else await run.together();
    for (const { muxer } of writers) muxer.closeSync();
  } finally {
    for (const writer of writers) for (const track of tracksOf(writer)) track.close();
    for (const { decoder } of readers) decoder.close();
    for (const { muxer } of writers) await muxer.close();
  }
  for (const { output, container } of jobs) await eraseMuxerName(output, container);
  return writers.map((writer) => ({
    durationMs: Math.max(0, ...tracksOf(writer).map((track) => track.lastMs)),
    frames: writer.video?.frames ?? 0,
    audioLost: writer.audio !== undefined && writer.audio.frames === 0,
  }));
}

async function openWriter(av: Av, job: TranscodeJob, readers: readonly Reader[], baseMs: number, isShared: boolean): Promise<Writer> {
  const muxer = await av.Muxer.open(job.output, {
    format: job.container,
    useAsyncWrite: false,
    options: { fflags: '+bitexact', ...job.containerOptions },
    configure: dropTags,
  });
  const writer: Writer = { job, muxer };
  for (const { stream, decoder, isVideo } of readers) {
    const track = isVideo ? job.video : job.audio;
    if (!track) continue;
    const place = { stream, decoder, muxer, window: windowOf(job, baseMs), threads: job.threads ?? 2, isVideo, isShared };
    writer[isVideo ? 'video' : 'audio'] = new Track(av, track, place);
  }
  return writer;
}
