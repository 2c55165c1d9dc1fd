import type { MediaFormat } from '@pingplex/shared/domain';

export type Options = Readonly<Record<string, string | number>>;

/** One stream's way: FFmpeg filter string, encoder name (`libx264`, `aac`, …), the encoder's own options. */
type TranscodeTrack = {
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

/** A whole encode as plain data: the same strings do for node-av and for an `ffmpeg` executable. */
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

/** Part of a source that a job takes. All in milliseconds; `baseMs` is where the source's clock begins. */
export type Window = { readonly baseMs: number; readonly startMs: number; readonly endMs: number };

export function windowOf(job: TranscodeJob, baseMs: number): Window {
  return { baseMs, startMs: job.startMs ?? 0, endMs: job.endMs ?? Number.POSITIVE_INFINITY };
}

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

/**
 * Cut, the caller's filters, the encoder's sample format, the encoder's frame size. Sound is cut to the sample inside the
 * graph; its clock begins at the window's start when it arrives here.
 */
export function soundChain(track: AudioTrack, { startMs, endMs }: Window, sourceRate: number): string {
  const endless = endMs === Number.POSITIVE_INFINITY;
  const end = endless ? '' : `:end=${((endMs - startMs) / 1000).toFixed(6)}`;
  return (
    [startMs > 0 || !endless ? `atrim=start=0${end}` : '', track.filter, ...encoderChain(track.encoder, track.sampleRate ?? sourceRate)]
      .filter((part) => part !== '')
      .join(',') || 'anull'
  );
}
