import { Demuxer, Encoder, FilterAPI, Muxer } from 'node-av/api';
import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_RGB24,
  AV_SAMPLE_FMT_FLT,
  type FFEncoderCodec,
} from 'node-av/constants';
import { Codec, Dictionary, FFmpegError, Frame, Log, type Packet } from 'node-av/lib';
import { SAMPLE_RATE, type Sound } from './sound.ts';

type Tags = Readonly<Record<string, string>>;

export interface VideoTrack {
  readonly encoder: string;
  readonly options?: Tags;
  readonly bitrate?: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frameCount: number;
  /** Eight-bit RGB of a frame by its number. */
  readonly frame: (index: number) => Uint8Array;
  /** Four letters that players look for, such as `hvc1`. */
  readonly codecTag?: string;
  readonly tags?: Tags;
}

export interface AudioTrack {
  readonly encoder: string;
  readonly bitrate?: string;
  readonly sampleFormat: 's16' | 's32' | 'flt' | 'fltp' | 's16p';
  /** Samples per frame that the encoder expects. */
  readonly frameSize: number;
  readonly sound: Sound;
  readonly rate?: number;
  readonly tags?: Tags;
}

export interface EncodeJob {
  readonly output: string;
  readonly container: string;
  readonly containerOptions?: Tags;
  readonly tags?: Tags;
  readonly video?: VideoTrack;
  readonly audio?: readonly AudioTrack[];
  /** Text of a SubRip file. */
  readonly subtitles?: { readonly text: string; readonly tags: Tags };
}

const STEREO = { nbChannels: 2, order: AV_CHANNEL_ORDER_NATIVE, mask: 3n };
const RAW_FRAME = 4096;

function* videoFrames(track: VideoTrack): Generator<Frame> {
  for (let index = 0; index < track.frameCount; index += 1) {
    const pixels = track.frame(index);
    yield Frame.fromVideoBuffer(Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength), {
      width: track.width,
      height: track.height,
      format: AV_PIX_FMT_RGB24,
      timeBase: { num: 1, den: track.framesPerSecond },
      pts: BigInt(index),
    });
  }
}

function* audioFrames(track: AudioTrack): Generator<Frame> {
  for (let at = 0; at < track.sound.length; at += RAW_FRAME * 2) {
    const part = track.sound.subarray(at, at + RAW_FRAME * 2);
    yield Frame.fromAudioBuffer(Buffer.from(part.buffer, part.byteOffset, part.byteLength), {
      nbSamples: part.length / 2,
      format: AV_SAMPLE_FMT_FLT,
      sampleRate: SAMPLE_RATE,
      channelLayout: STEREO,
      timeBase: { num: 1, den: SAMPLE_RATE },
      pts: BigInt(at / 2),
    });
  }
}

interface Line {
  readonly stream: number;
  readonly packets: Iterator<Packet>;
}

function* packetsOf(frames: Generator<Frame>, filter: FilterAPI, encoder: Encoder): Generator<Packet> {
  for (const frame of frames) {
    for (const ready of filter.processAllSync(frame)) {
      yield* encoder.encodeAllSync(ready);
      ready.free();
    }
    frame.free();
  }
  filter.flushSync();
  for (const ready of filter.flushFramesSync()) yield* encoder.encodeAllSync(ready);
  yield* encoder.flushPacketsSync();
  filter.close();
  encoder.close();
}

function codecByName(name: string): Codec {
  const codec = Codec.findEncoderByName(name as FFEncoderCodec);
  if (codec === null) throw new Error(`this FFmpeg build has no encoder ${name}`);
  return codec;
}

function addVideo(muxer: Muxer, track: VideoTrack): Line {
  const filter = FilterAPI.create('scale=out_color_matrix=bt709:out_range=tv,format=yuv420p', {
    framerate: { num: track.framesPerSecond, den: 1 },
  });
  const encoder = Encoder.createSync(codecByName(track.encoder), {
    ...(track.bitrate === undefined ? {} : { bitrate: track.bitrate }),
    gopSize: track.framesPerSecond * 2,
    threadCount: 2,
    filter,
    configure: (context) => {
      // Set one by one: node-av 6.1.1 frees an options dictionary twice when an encoder is opened synchronously.
      for (const [name, value] of Object.entries(track.options ?? {})) {
        FFmpegError.throwIfError(context.setOption(name, value, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN), `option ${name}`);
      }
      if (track.codecTag !== undefined) context.codecTag = track.codecTag;
    },
  });
  return { stream: muxer.addStream(encoder), packets: packetsOf(videoFrames(track), filter, encoder) };
}

function addAudio(muxer: Muxer, track: AudioTrack): Line {
  const rate = track.rate ?? SAMPLE_RATE;
  const filter = FilterAPI.create(
    `aresample=${rate},aformat=sample_fmts=${track.sampleFormat}:channel_layouts=stereo,asetnsamples=n=${track.frameSize}:p=0`,
  );
  const encoder = Encoder.createSync(codecByName(track.encoder), {
    ...(track.bitrate === undefined ? {} : { bitrate: track.bitrate }),
    filter,
  });
  return { stream: muxer.addStream(encoder), packets: packetsOf(audioFrames(track), filter, encoder) };
}

function tagStream(muxer: Muxer, stream: number, tags: Tags | undefined): void {
  const target = muxer.getStream(stream);
  if (target !== undefined && tags !== undefined) target.metadata = Dictionary.fromObject({ ...tags });
}

/** Writes one media file with FFmpeg inside this process. Existing files are replaced. */
export function encodeMedia(job: EncodeJob): void {
  Log.setLevel(AV_LOG_ERROR);
  const muxer = Muxer.openSync(job.output, {
    format: job.container,
    options: { fflags: '+bitexact', ...job.containerOptions },
    configure: (context) => {
      if (job.tags !== undefined) context.metadata = Dictionary.fromObject({ ...job.tags });
    },
  });
  const lines: Line[] = [];
  if (job.video !== undefined) {
    lines.push(addVideo(muxer, job.video));
    tagStream(muxer, lines.length - 1, job.video.tags);
  }
  for (const track of job.audio ?? []) {
    lines.push(addAudio(muxer, track));
    tagStream(muxer, lines.length - 1, track.tags);
  }
  const captions = job.subtitles === undefined ? undefined : Demuxer.openSync(Buffer.from(job.subtitles.text), { format: 'srt' });
  const caption = captions?.streams[0];
  if (captions !== undefined && caption !== undefined) {
    const stream = muxer.addStream(caption);
    tagStream(muxer, stream, job.subtitles?.tags);
    for (const packet of captions.packetsSync(caption.index)) if (packet !== null) muxer.writePacketSync(packet, stream);
  }
  // Streams take turns, so that sound and picture lie side by side in the file.
  let open = lines;
  while (open.length > 0) {
    const still: Line[] = [];
    for (const line of open) {
      const next = line.packets.next();
      if (next.done === true) continue;
      muxer.writePacketSync(next.value, line.stream);
      next.value.free();
      still.push(line);
    }
    open = still;
  }
  captions?.closeSync();
  muxer.closeSync();
}
