import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError, toAppError } from '@pingplex/shared/errors';
import type { Demuxer, FormatContext, Stream } from 'node-av';
import { errnoOf, outputError, removeQuietly } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { type Av, loadAv, openInput } from './av.ts';
import { eraseMuxerName } from './muxer-name.ts';
import { type AudioTrack, type Options, Track, type VideoTrack, type Window } from './transcode-track.ts';

export type { AudioTrack, VideoTrack } from './transcode-track.ts';

/** A whole encode as plain data: the same strings would do for an `ffmpeg` executable. */
export type TranscodeJob = {
  /** Absolute path. */
  readonly input: string;
  /** What the input is, when that is known; sniffed otherwise. */
  readonly inputFormat?: MediaFormat;
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

const SLICE_MS = 15;
/** Sound decoders need some packets before the first right sample. */
const PRE_ROLL_MS = 250;

/** Only null clears; an empty dictionary is ignored when it is assigned. */
function dropTags(context: FormatContext): void {
  context.metadata = null;
  for (const stream of context.streams) stream.metadata = null;
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

function seekTo(av: Av, demuxer: Demuxer, startMs: number, baseMs: number): void {
  if (startMs <= 0) return;
  // A seek that fails leaves the reader at the start; frames before the cut are then decoded and dropped.
  const ret = demuxer.seekSync((baseMs + Math.max(0, startMs - PRE_ROLL_MS)) / 1000, -1, av.AVSEEK_FLAG_BACKWARD);
  if (ret < 0) demuxer.seekSync(baseMs / 1000, -1, av.AVSEEK_FLAG_BACKWARD);
}

async function attempt(job: TranscodeJob, ctx: JobContext): Promise<TranscodeResult> {
  const av = await loadAv();
  await using demuxer = await openInput(job.input, job.inputFormat ?? (await sniff(job.input)).format);
  const startTime = demuxer.getFormatContext().startTime;
  const baseMs = startTime === av.AV_NOPTS_VALUE ? 0 : Number(startTime) / 1000;
  const window: Window = { baseMs, startMs: job.startMs ?? 0, endMs: job.endMs ?? Number.POSITIVE_INFINITY };
  const threads = job.threads ?? 2;
  const videoStream = job.video === undefined ? undefined : mainVideo(av, demuxer);
  const audioStream = job.audio === undefined ? undefined : demuxer.audio();
  if (videoStream === undefined && audioStream === undefined) {
    throw new AppError('engine.stepNotPossible', 'the file has none of the wanted streams', {
      params: { reason: job.video ? 'noPicture' : 'noSound' },
    });
  }
  const tracks: Track[] = [];
  const muxer = await av.Muxer.open(job.output, {
    format: job.container,
    useAsyncWrite: false,
    options: { fflags: '+bitexact', ...job.containerOptions },
    configure: dropTags,
  });
  try {
    if (job.video && videoStream) tracks.push(new Track(av, videoStream, job.video, muxer, window, threads, true));
    if (job.audio && audioStream) tracks.push(new Track(av, audioStream, job.audio, muxer, window, threads, false));
    seekTo(av, demuxer, window.startMs, baseMs);
    await pump(demuxer, tracks, job, window, ctx);
    muxer.closeSync();
  } finally {
    for (const track of tracks) track.close();
    await muxer.close();
  }
  await eraseMuxerName(job.output, job.container);
  const audio = tracks.find((track) => track.stream === audioStream);
  const video = tracks.find((track) => track.stream === videoStream);
  return {
    durationMs: Math.max(0, ...tracks.map((track) => track.lastMs)),
    frames: video?.frames ?? 0,
    audioLost: audio !== undefined && audio.frames === 0,
  };
}

/** The stream that plays: the first video stream that isn't a cover picture. */
function mainVideo(av: Av, demuxer: Demuxer): Stream | undefined {
  return demuxer.streams.find(
    (stream) => stream.codecpar.codecType === av.AVMEDIA_TYPE_VIDEO && (stream.disposition & av.AV_DISPOSITION_ATTACHED_PIC) === 0,
  );
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
    throw named(await loadAv(), thrown);
  }
}

function named(av: Av, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof av.FFmpegError) {
    const full = /no space left/iu.test(thrown.message);
    return new AppError(full ? 'output.diskFull' : 'file.damaged', thrown.message, { cause: thrown });
  }
  return errnoOf(thrown) === undefined ? toAppError(thrown) : outputError(thrown, 'encoding');
}
