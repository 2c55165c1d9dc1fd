import type { CodecContext, Decoder, Encoder, FFEncoderCodec, FilterAPI, Frame, Muxer, Packet, Stream } from 'node-av';
import type { Av } from './av.ts';
import { replaceData, withoutEncoderText } from './encoder-text.ts';
import { type AudioTrack, type Options, soundChain, type VideoTrack, type Window } from './transcode-job.ts';

const isEof = (av: Av, thrown: unknown): boolean => thrown instanceof av.FFmpegError && thrown.code === av.AVERROR_EOF;

/** Milliseconds of a timestamp in its time base. */
function toMs(ts: bigint, base: { num: number; den: number }): number {
  return (Number(ts) * 1000 * base.num) / base.den;
}

function timestampOf(av: Av, frame: Frame): bigint {
  return frame.pts === av.AV_NOPTS_VALUE ? frame.bestEffortTimestamp : frame.pts;
}

export type TrackPlace = {
  readonly stream: Stream;
  readonly decoder: Decoder;
  readonly muxer: Muxer;
  readonly window: Window;
  readonly threads: number;
  readonly isVideo: boolean;
  /** Other jobs encode the same frames at the same time: slow calls leave this thread, and frames are not changed. */
  readonly isShared: boolean;
};

/**
 * cut → filter → encoder → muxer for one stream of one job; decoded frames are brought to it. With `isShared` filters and encoder run
 * on other threads; whatever the way, the same frames give the same bytes.
 */
export class Track {
  frames = 0;
  lastMs = 0;
  finished = false;
  private readonly av: Av;
  private readonly place: TrackPlace;
  private readonly filter: FilterAPI;
  private readonly encoder: Encoder;
  private readonly outIndex: number;
  private readonly encoderName: string;

  constructor(av: Av, track: VideoTrack | AudioTrack, place: TrackPlace) {
    this.av = av;
    this.place = place;
    this.encoderName = track.encoder;
    const { stream, decoder, muxer, threads, isVideo, window } = place;
    const filter = isVideo ? track.filter : soundChain(track, window, stream.codecpar.sampleRate);
    // VAAPI takes pictures that lie in the device's own memory; the other families read ours.
    const hardware = track.encoder.endsWith('_vaapi') ? av.HardwareContext.create(av.AV_HWDEVICE_TYPE_VAAPI) : null;
    this.filter = av.FilterAPI.create(filter, { threads, ...(hardware ? { hardware } : {}) });
    const bitRate = 'bitRate' in track ? track.bitRate : undefined;
    this.encoder = av.Encoder.createSync(track.encoder as FFEncoderCodec, {
      decoder,
      filter: this.filter,
      threadCount: threads,
      // Never through `options`: the synchronous opening frees that dictionary twice, and the process dies at the next collection.
      configure: (context) => {
        // Keeps encoders that can from writing their name and version into the stream.
        context.setFlags(av.AV_CODEC_FLAG_BITEXACT);
        setOptions(av, context, track.options ?? {});
      },
      context: {
        ...(bitRate === undefined ? {} : { bitRate }),
        ...('gopSize' in track && track.gopSize !== undefined ? { gopSize: track.gopSize } : {}),
        ...('maxBFrames' in track && track.maxBFrames !== undefined ? { maxBFrames: track.maxBFrames } : {}),
      },
    });
    const keepRotation = 'keepRotation' in track && track.keepRotation === true;
    this.outIndex = muxer.addStream(this.encoder, keepRotation ? { inputStream: stream } : {});
  }

  /** Encodes a decoded frame, or leaves it out when it lies outside the window. The caller frees the frame afterwards. */
  async take(frame: Frame): Promise<void> {
    if (this.finished) return;
    const { av, place } = this;
    const ts = timestampOf(av, frame);
    const { baseMs, startMs, endMs } = place.window;
    const ms = toMs(ts, frame.timeBase) - baseMs;
    const lengthMs = place.isVideo || frame.sampleRate <= 0 ? 0 : (frame.nbSamples * 1000) / frame.sampleRate;
    // Half a millisecond of tolerance: time bases like 1/90000 can't say every millisecond.
    if (startMs > 0 && (place.isVideo ? ms < startMs - 0.5 : ms + lengthMs <= startMs)) return;
    if (ms >= endMs - 0.5) {
      this.finished = true;
      return;
    }
    const shift = ((baseMs + startMs) / 1000) * (frame.timeBase.den / frame.timeBase.num);
    await this.filterFrame(frame, ts - BigInt(Math.round(shift)));
    if (endMs !== Number.POSITIVE_INFINITY && !place.isVideo && ms + lengthMs >= endMs) this.finished = true;
  }

  private async filterFrame(frame: Frame, pts: bigint): Promise<void> {
    // Filters write new timestamps into the frame that they are given; a clone shares its pixels, not its timestamps.
    const own = this.place.isShared ? frame.clone() : frame;
    if (!own) throw new RangeError('no memory for a frame');
    own.pts = pts;
    try {
      const filtered = this.leavesThread ? await this.filter.processAll(own) : this.filter.processAllSync(own);
      for (const one of filtered) await this.encode(one);
    } catch (thrown) {
      if (!isEof(this.av, thrown)) throw thrown;
      this.finished = true;
    } finally {
      if (own !== frame) own.free();
    }
  }

  /** Sound is encoded faster than a call on another thread takes. */
  private get leavesThread(): boolean {
    return this.place.isShared && this.place.isVideo;
  }

  private async encode(frame: Frame): Promise<void> {
    using owned = frame;
    this.frames += 1;
    this.write(this.leavesThread ? await this.encoder.encodeAll(owned) : this.encoder.encodeAllSync(owned));
    if (this.frames === 1) disarmSampleBuffer(this.encoder);
  }

  private write(packets: Iterable<Packet>): void {
    for (const packet of packets) {
      using owned = packet;
      const base = owned.timeBase;
      if (owned.pts !== this.av.AV_NOPTS_VALUE) this.lastMs = Math.max(this.lastMs, toMs(owned.pts + owned.duration, base));
      const silent = owned.data === null ? null : withoutEncoderText(this.encoderName, owned.data);
      if (silent !== null) replaceData(owned, silent);
      this.place.muxer.writePacketSync(owned, this.outIndex);
    }
  }

  /** What filters and encoder still hold, after the last frame. */
  async finish(): Promise<void> {
    if (this.filter.isFilterInitialized) {
      try {
        if (this.leavesThread) for await (const frame of this.filter.flushFrames()) await this.encode(frame);
        else for (const frame of this.filter.flushFramesSync()) await this.encode(frame);
      } catch (thrown) {
        if (!isEof(this.av, thrown)) throw thrown;
      }
    }
    if (!this.encoder.isEncoderInitialized) return;
    if (this.leavesThread) for await (const packet of this.encoder.flushPackets()) this.write([packet]);
    else this.write(this.encoder.flushPacketsSync());
  }

  close(): void {
    this.encoder.close();
    this.filter.close();
  }
}

/**
 * The package cuts sound into the encoder's frame size by writing into `frame.data`, which some run-times hand out as a
 * copy, and it drops the last part of a frame. Our filter chains cut already, so its buffer is taken out of the encoder.
 */
function disarmSampleBuffer(encoder: Encoder): void {
  Reflect.set(encoder, 'audioFrameBuffer', undefined);
}

function setOptions(av: Av, context: CodecContext, options: Options): void {
  for (const [key, value] of Object.entries(options)) {
    av.FFmpegError.throwIfError(context.setOption(key, String(value)), `encoder option ${key}=${value}`);
  }
}
