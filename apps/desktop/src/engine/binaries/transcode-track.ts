import type { CodecContext, Decoder, Encoder, FFEncoderCodec, FilterAPI, Frame, Muxer, Packet, Stream } from 'node-av';
import type { Av } from './av.ts';
import { replaceData, withoutEncoderText } from './encoder-text.ts';

export type Options = Readonly<Record<string, string | number>>;

/** One stream's way: FFmpeg filter string, encoder name (`libx264`, `aac`, …), the encoder's own options. */
export type TranscodeTrack = {
  /**
   * Comma-separated filters, as on FFmpeg's command line. Video sees pictures as stored (before the display matrix): put
   * `setpts` before `fps`, end with `fps=…,format=yuv420p`. Sound: the encoder's sample format and frame size are added
   * here, and its rate where it doesn't take every one; set channels with `aformat=channel_layouts=…`. May be empty for sound.
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
  /** Hz that the caller's filter ends with; leave out to keep the source's rate, or the next one that the encoder takes. */
  readonly sampleRate?: number;
};

/**
 * What an encoder insists on: sample formats for `aformat`, rates where it doesn't take any, and samples per frame, which keep the
 * package's own sample buffer out of the way.
 */
type SoundNeeds = { readonly format: string; readonly rates?: readonly number[]; readonly samples?: (rate: number) => number };

const MP3_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const SOUND_ENCODERS: Readonly<Record<string, SoundNeeds>> = {
  aac: { format: 'sample_fmts=fltp', rates: [...MP3_RATES, 64_000, 88_200, 96_000], samples: () => 1024 },
  // MPEG-2 and MPEG-2.5 have one granule per frame (ISO/IEC 13818-3, 2.4.2).
  libmp3lame: { format: 'sample_fmts=fltp', rates: MP3_RATES, samples: (rate) => (rate < 32_000 ? 576 : 1152) },
  libopus: { format: 'sample_fmts=flt', rates: [48_000], samples: () => 960 },
  libvorbis: { format: 'sample_fmts=fltp', samples: () => 64 },
  flac: { format: 'sample_fmts=s16|s32', samples: () => 4608 },
  alac: { format: 'sample_fmts=s16p|s32p', samples: () => 4096 },
  pcm_s16le: { format: 'sample_fmts=s16' },
  pcm_s24le: { format: 'sample_fmts=s32' },
};

/** What the encoder's own filters say: the source's rate, or the next higher one that it takes. */
function encoderChain(encoder: string, sourceRate: number): string[] {
  const needs = SOUND_ENCODERS[encoder];
  if (needs === undefined) return [];
  const { format, rates, samples } = needs;
  const rate = rates === undefined ? sourceRate : (rates.find((one) => one >= sourceRate) ?? Math.max(...rates));
  return [
    `aformat=${format}${rates === undefined ? '' : `:sample_rates=${rate}`}`,
    ...(samples === undefined ? [] : [`asetnsamples=n=${samples(rate)}:p=0`]),
  ];
}

const isEof = (av: Av, thrown: unknown): boolean => thrown instanceof av.FFmpegError && thrown.code === av.AVERROR_EOF;

/** Milliseconds of a timestamp in its time base. */
function toMs(ts: bigint, base: { num: number; den: number }): number {
  return (Number(ts) * 1000 * base.num) / base.den;
}

function timestampOf(av: Av, frame: Frame): bigint {
  return frame.pts === av.AV_NOPTS_VALUE ? frame.bestEffortTimestamp : frame.pts;
}

export type Window = { readonly baseMs: number; readonly startMs: number; readonly endMs: number };

/**
 * Cut, the caller's filters, the encoder's sample format, the encoder's frame size. Sound is cut to the sample inside the
 * graph; frames after the end are never fed, because the graph refuses them.
 */
function soundChain(track: AudioTrack, window: Window, sourceRate: number): string {
  const { startMs, endMs } = window;
  const endless = endMs === Number.POSITIVE_INFINITY;
  const end = endless ? '' : `:end=${((endMs - startMs) / 1000).toFixed(6)}`;
  return (
    [startMs > 0 || !endless ? `atrim=start=0${end}` : '', track.filter, ...encoderChain(track.encoder, track.sampleRate ?? sourceRate)]
      .filter((part) => part !== '')
      .join(',') || 'anull'
  );
}

/** decoder → cut → filter → encoder → muxer for one stream. Synchronous inside; the caller gives the event loop its turns. */
export class Track {
  readonly stream: Stream;
  frames = 0;
  lastMs = 0;
  finished = false;
  private readonly av: Av;
  private readonly isVideo: boolean;
  private readonly decoder: Decoder;
  private readonly filter: FilterAPI;
  private readonly encoder: Encoder;
  private readonly muxer: Muxer;
  private readonly outIndex: number;
  private readonly window: Window;
  private readonly encoderName: string;

  constructor(av: Av, stream: Stream, track: VideoTrack | AudioTrack, muxer: Muxer, window: Window, threads: number, isVideo: boolean) {
    this.av = av;
    this.stream = stream;
    this.muxer = muxer;
    this.window = window;
    this.encoderName = track.encoder;
    this.isVideo = isVideo;
    this.decoder = av.Decoder.createSync(stream, { exitOnError: false, threadCount: threads });
    const filter = isVideo ? track.filter : soundChain(track, window, stream.codecpar.sampleRate);
    this.filter = av.FilterAPI.create(filter, { threads });
    const bitRate = 'bitRate' in track ? track.bitRate : undefined;
    this.encoder = av.Encoder.createSync(track.encoder as FFEncoderCodec, {
      decoder: this.decoder,
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

  take(packet: Packet): void {
    if (this.finished) return;
    for (const frame of this.decoder.decodeAllSync(packet)) this.pass(frame);
  }

  private pass(frame: Frame): void {
    using owned = frame;
    if (this.finished) return;
    const ts = timestampOf(this.av, owned);
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
      if (!isEof(this.av, thrown)) throw thrown;
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
      if (owned.pts !== this.av.AV_NOPTS_VALUE) this.lastMs = Math.max(this.lastMs, toMs(owned.pts + owned.duration, base));
      const silent = owned.data === null ? null : withoutEncoderText(this.encoderName, owned.data);
      if (silent !== null) replaceData(owned, silent);
      this.muxer.writePacketSync(owned, this.outIndex);
    }
  }

  finish(): void {
    if (!this.finished) for (const frame of this.decoder.flushFramesSync()) this.pass(frame);
    if (this.filter.isFilterInitialized) {
      try {
        for (const frame of this.filter.flushFramesSync()) this.encode(frame);
      } catch (thrown) {
        if (!isEof(this.av, thrown)) throw thrown;
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

function setOptions(av: Av, context: CodecContext, options: Options): void {
  for (const [key, value] of Object.entries(options)) {
    av.FFmpegError.throwIfError(context.setOption(key, String(value)), `encoder option ${key}=${value}`);
  }
}
