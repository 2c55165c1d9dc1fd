import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { AppError } from '@pingplex/shared/errors';
import {
  AV_LOG_ERROR,
  AV_NOPTS_VALUE,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
  Decoder,
  Demuxer,
  Dictionary,
  Encoder,
  type FFEncoderCodec,
  FFmpegError,
  FilterAPI,
  type FormatContext,
  type Frame,
  Log,
  Muxer,
  type Packet,
  type Stream,
} from 'node-av';
import { outputError, removeQuietly } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { DEMUXER_LIMITS } from './demuxer-limits.ts';

type Options = Readonly<Record<string, string | number>>;

/** One stream's way: FFmpeg filter string, encoder name (`libx264`, `aac`, …), the encoder's own options. */
export type TranscodeTrack = {
  /**
   * Comma-separated filters, as on FFmpeg's command line. Video sees pictures as stored (before the display matrix): put
   * `setpts` before `fps`, end with `fps=…,format=yuv420p`. Sound: end with `aformat=…` as the encoder wants it; the cut
   * into the encoder's frame size is added here.
   */
  readonly filter: string;
  readonly encoder: string;
  /** Private and generic options of the encoder, for example `{ preset: 'veryfast', crf: 21 }`. */
  readonly options?: Options;
};

export type VideoTrack = TranscodeTrack & {
  readonly gopSize?: number;
  readonly maxBFrames?: number;
  /** Keep the source's display matrix (rotation flag). Leave it out when the filters turned the picture already. */
  readonly keepRotation?: boolean;
};

export type AudioTrack = TranscodeTrack & {
  /** Bits per second; leave out for lossless encoders. */
  readonly bitRate?: number;
};

/** A whole encode as plain data: the same strings would do for an `ffmpeg` executable. */
export type TranscodeJob = {
  /** Absolute path. */
  readonly input: string;
  /** Absolute path of a temporary file; overwritten. Deleted when the job fails. */
  readonly output: string;
  /** FFmpeg's muxer name: `mp4`, `mov`, `matroska`, `webm`, `ipod`, `adts`, `mp3`, `flac`, `wav`, `ogg`, `opus`, `avi`. */
  readonly container: string;
  readonly containerOptions?: Options;
  readonly video?: VideoTrack;
  readonly audio?: AudioTrack;
  /** Part to take, in milliseconds of the source; exact to the frame (video) and to the sample (sound). */
  readonly startMs?: number;
  readonly endMs?: number;
  /** Threads of decoder, filters and encoder each; default 2. */
  readonly threads?: number;
  /** Decoded length in milliseconds if known, for progress; the container's own figure otherwise. */
  readonly expectedMs?: number;
};

export type TranscodeResult = {
  /** Length of what was written, from the last encoded timestamp. */
  readonly durationMs: number;
  /** Encoded video frames; 0 for sound alone. */
  readonly frames: number;
  /** True when the source had a sound track but not one frame of it could be decoded; the file is silent then. */
  readonly audioLost: boolean;
};

/** Samples per frame that an encoder insists on. Frames of this size keep the package's own sample buffer out of the way. */
const FRAME_SAMPLES: Readonly<Record<string, number>> = {
  aac: 1024,
  libmp3lame: 1152,
  libopus: 960,
  flac: 4608,
  alac: 4096,
  libvorbis: 64,
};
const SLICE_MS = 15;

Log.setLevel(AV_LOG_ERROR);

const isEof = (thrown: unknown): boolean => thrown instanceof FFmpegError && thrown.code === AVERROR_EOF;

/** Milliseconds of a timestamp in its time base. */
function toMs(ts: bigint, base: { num: number; den: number }): number {
  return (Number(ts) * 1000 * base.num) / base.den;
}

function timestampOf(frame: Frame): bigint {
  return frame.pts === AV_NOPTS_VALUE ? frame.bestEffortTimestamp : frame.pts;
}

type Window = { readonly baseMs: number; readonly startMs: number; readonly endMs: number };

/** decoder → cut → filter → encoder → muxer for one stream. Synchronous inside; the caller gives the event loop its turns. */
class Track {
  readonly stream: Stream;
  frames = 0;
  lastMs = 0;
  finished = false;
  private readonly isVideo: boolean;
  private readonly decoder: Decoder;
  private readonly filter: FilterAPI;
  private readonly encoder: Encoder;
  private readonly muxer: Muxer;
  private readonly outIndex: number;
  private readonly window: Window;

  constructor(stream: Stream, track: VideoTrack | AudioTrack, muxer: Muxer, window: Window, threads: number, isVideo: boolean) {
    this.stream = stream;
    this.muxer = muxer;
    this.window = window;
    this.isVideo = isVideo;
    this.decoder = Decoder.createSync(stream, { exitOnError: false, threadCount: threads });
    const samples = FRAME_SAMPLES[track.encoder];
    const chain =
      isVideo || samples === undefined ? track.filter : [track.filter, `asetnsamples=n=${samples}:p=0`].filter(Boolean).join(',');
    this.filter = FilterAPI.create(isVideo ? chain : this.soundCut(chain), { threads });
    const bitRate = 'bitRate' in track ? track.bitRate : undefined;
    this.encoder = Encoder.createSync(track.encoder as FFEncoderCodec, {
      decoder: this.decoder,
      filter: this.filter,
      threadCount: threads,
      options: { ...track.options },
      context: {
        ...(bitRate === undefined ? {} : { bitRate }),
        ...('gopSize' in track && track.gopSize !== undefined ? { gopSize: track.gopSize } : {}),
        ...('maxBFrames' in track && track.maxBFrames !== undefined ? { maxBFrames: track.maxBFrames } : {}),
      },
    });
    const keepRotation = 'keepRotation' in track && track.keepRotation === true;
    this.outIndex = muxer.addStream(this.encoder, keepRotation ? { inputStream: stream } : {});
  }

  /** Sound is cut to the sample inside the graph; frames after the end are never fed, because the graph refuses them. */
  private soundCut(chain: string): string {
    const { startMs, endMs } = this.window;
    if (startMs <= 0 && endMs === Number.POSITIVE_INFINITY) return chain;
    const end = endMs === Number.POSITIVE_INFINITY ? '' : `:end=${((endMs - startMs) / 1000).toFixed(6)}`;
    return [`atrim=start=0${end}`, chain].filter(Boolean).join(',');
  }

  take(packet: Packet): void {
    if (this.finished) return;
    for (const frame of this.decoder.decodeAllSync(packet)) this.pass(frame);
  }

  private pass(frame: Frame): void {
    using owned = frame;
    if (this.finished) return;
    const ts = timestampOf(owned);
    const { baseMs, startMs, endMs } = this.window;
    const ms = toMs(ts, owned.timeBase) - baseMs;
    const lengthMs = this.isVideo || owned.sampleRate <= 0 ? 0 : (owned.nbSamples * 1000) / owned.sampleRate;
    // Half a millisecond of tolerance: time bases like 1/90000 can't say every millisecond.
    if (startMs > 0 && (this.isVideo ? ms < startMs - 0.5 : ms + lengthMs <= startMs)) return;
    if (ms >= endMs - 0.5) {
      this.finished = true;
      return;
    }
    const shift = ((baseMs + startMs) / 1000) * (owned.timeBase.den / owned.timeBase.num);
    owned.pts = ts - BigInt(Math.round(shift));
    try {
      for (const filtered of this.filter.processAllSync(owned)) this.encode(filtered);
    } catch (thrown) {
      if (!isEof(thrown)) throw thrown;
      this.finished = true;
    }
    if (endMs !== Number.POSITIVE_INFINITY && !this.isVideo && ms + lengthMs >= endMs) this.finished = true;
  }

  private encode(frame: Frame): void {
    using owned = frame;
    this.frames += 1;
    this.write(this.encoder.encodeAllSync(owned));
    if (this.frames === 1) disarmSampleBuffer(this.encoder);
  }

  private write(packets: Iterable<Packet>): void {
    for (const packet of packets) {
      using owned = packet;
      const base = owned.timeBase;
      if (owned.pts !== AV_NOPTS_VALUE) this.lastMs = Math.max(this.lastMs, toMs(owned.pts + owned.duration, base));
      this.muxer.writePacketSync(owned, this.outIndex);
    }
  }

  finish(): void {
    if (!this.finished) for (const frame of this.decoder.flushFramesSync()) this.pass(frame);
    if (this.filter.isFilterInitialized) {
      try {
        for (const frame of this.filter.flushFramesSync()) this.encode(frame);
      } catch (thrown) {
        if (!isEof(thrown)) throw thrown;
      }
    }
    if (this.encoder.isEncoderInitialized) this.write(this.encoder.flushPacketsSync());
  }

  close(): void {
    this.encoder.close();
    this.filter.close();
    this.decoder.close();
  }
}

/**
 * The package cuts sound into the encoder's frame size by writing into `frame.data`, which some run-times hand out as a
 * copy, and it drops the last part of a frame. Our filter chains cut already, so its buffer is taken out of the encoder.
 */
function disarmSampleBuffer(encoder: Encoder): void {
  Reflect.set(encoder, 'audioFrameBuffer', undefined);
}

function dropTags(context: FormatContext): void {
  context.metadata = new Dictionary();
  for (const stream of context.streams) stream.metadata = new Dictionary();
}

/** Sends time and cancel their turns: at least every 15 ms of work the event loop runs once. */
async function pump(demuxer: Demuxer, tracks: readonly Track[], job: TranscodeJob, window: Window, ctx: JobContext): Promise<void> {
  const totalMs = Math.max(1, Math.min(window.endMs, job.expectedMs ?? demuxer.duration * 1000) - window.startMs);
  let sliceEnd = performance.now() + SLICE_MS;
  for (const packet of demuxer.packetsSync()) {
    if (packet === null) break;
    using owned = packet;
    const track = tracks.find((one) => one.stream.index === owned.streamIndex);
    track?.take(owned);
    if (tracks.every((one) => one.finished)) break;
    if (performance.now() > sliceEnd) {
      const doneMs = Math.max(...tracks.map((one) => one.lastMs));
      ctx.progress(Math.min(0.99, doneMs / totalMs));
      await yieldToLoop();
      ctx.signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  for (const track of tracks) {
    track.finish();
    await yieldToLoop();
    ctx.signal.throwIfAborted();
  }
}

function seekTo(demuxer: Demuxer, startMs: number, baseMs: number): void {
  if (startMs <= 0) return;
  // A seek that fails leaves the reader at the start; frames before the cut are then decoded and dropped.
  const ret = demuxer.seekSync((baseMs + startMs) / 1000, -1, AVSEEK_FLAG_BACKWARD);
  if (ret < 0) demuxer.seekSync(baseMs / 1000, -1, AVSEEK_FLAG_BACKWARD);
}

async function attempt(job: TranscodeJob, ctx: JobContext): Promise<TranscodeResult> {
  await using demuxer = await Demuxer.open(`file:${job.input}`, DEMUXER_LIMITS).catch((thrown: unknown) => {
    throw new AppError('file.damaged', `cannot open: ${String(thrown)}`, { cause: thrown });
  });
  const startTime = demuxer.getFormatContext().startTime;
  const baseMs = startTime === AV_NOPTS_VALUE ? 0 : Number(startTime) / 1000;
  const window: Window = { baseMs, startMs: job.startMs ?? 0, endMs: job.endMs ?? Number.POSITIVE_INFINITY };
  const threads = job.threads ?? 2;
  const videoStream = job.video === undefined ? undefined : mainVideo(demuxer);
  const audioStream = job.audio === undefined ? undefined : demuxer.audio();
  if (videoStream === undefined && audioStream === undefined) {
    throw new AppError('engine.stepNotPossible', 'the file has none of the wanted streams', {
      params: { missing: job.video ? 'video' : 'audio' },
    });
  }
  const tracks: Track[] = [];
  const muxer = await Muxer.open(job.output, {
    format: job.container,
    useAsyncWrite: false,
    options: { fflags: '+bitexact', ...job.containerOptions },
    configure: dropTags,
  });
  try {
    if (job.video && videoStream) tracks.push(new Track(videoStream, job.video, muxer, window, threads, true));
    if (job.audio && audioStream) tracks.push(new Track(audioStream, job.audio, muxer, window, threads, false));
    seekTo(demuxer, window.startMs, baseMs);
    await pump(demuxer, tracks, job, window, ctx);
    muxer.closeSync();
  } finally {
    for (const track of tracks) track.close();
    await muxer.close();
  }
  const audio = tracks.find((track) => track.stream === audioStream);
  const video = tracks.find((track) => track.stream === videoStream);
  return {
    durationMs: Math.max(0, ...tracks.map((track) => track.lastMs)),
    frames: video?.frames ?? 0,
    audioLost: audio !== undefined && audio.frames === 0,
  };
}

/** The stream that plays: the first video stream that isn't a cover picture. */
function mainVideo(demuxer: Demuxer): Stream | undefined {
  return demuxer.streams.find((stream) => stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO && stream.attachedPic === null);
}

/**
 * Decodes, filters, encodes and muxes one file. Tags of the source never travel. On abort or failure the output is
 * deleted. Runs on the calling thread in slices of about 15 ms, so that cancel and progress get through.
 * @throws AppError `file.damaged`, `engine.stepNotPossible`, `output.diskFull`, `output.*`; the signal's reason on abort
 */
export async function transcode(job: TranscodeJob, ctx: JobContext): Promise<TranscodeResult> {
  ctx.signal.throwIfAborted();
  try {
    const result = await attempt(job, ctx);
    const silent = result.audioLost && job.video !== undefined;
    // A muxer waits for the first packet of every stream, so a sound track without any means a second try without it.
    const { audio: _lost, ...pictureOnly } = job;
    const final = silent ? { ...(await attempt(pictureOnly, ctx)), audioLost: true } : result;
    if (final.frames === 0 && job.video !== undefined) throw new AppError('file.damaged', 'no picture could be decoded');
    if (final.audioLost && job.video === undefined) throw new AppError('file.damaged', 'no sound could be decoded');
    ctx.progress(1);
    return final;
  } catch (thrown) {
    await removeQuietly(job.output);
    if (ctx.signal.aborted) throw ctx.signal.reason;
    throw named(thrown);
  }
}

function named(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof FFmpegError) {
    const full = /no space left/iu.test(thrown.message);
    return new AppError(full ? 'output.diskFull' : 'file.damaged', thrown.message, { cause: thrown });
  }
  return outputError(thrown, 'encoding');
}
