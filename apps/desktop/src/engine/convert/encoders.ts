import type { MediaFormat } from '@pingplex/shared/domain';
import type { AudioTrack, VideoTrack } from '../binaries/transcode.ts';
import { repeatableX264 } from '../binaries/x264-options.ts';

/** How each format is written by FFmpeg: muxer, its options, encoders. Formats that are not here can't be written as film or sound. */
export type Recipe = {
  readonly container: string;
  readonly containerOptions?: Readonly<Record<string, string>>;
  readonly video?: 'h264' | 'vp9';
  readonly audio: 'aac' | 'mp3' | 'opus' | 'flac' | 'pcm';
};

const FASTSTART = { movflags: '+faststart', empty_hdlr_name: '1' };

export const RECIPES: Partial<Readonly<Record<MediaFormat, Recipe>>> = {
  mp4: { container: 'mp4', containerOptions: FASTSTART, video: 'h264', audio: 'aac' },
  mov: { container: 'mov', containerOptions: FASTSTART, video: 'h264', audio: 'aac' },
  mkv: { container: 'matroska', video: 'h264', audio: 'aac' },
  avi: { container: 'avi', video: 'h264', audio: 'mp3' },
  webm: { container: 'webm', video: 'vp9', audio: 'opus' },
  mp3: { container: 'mp3', audio: 'mp3' },
  m4a: { container: 'ipod', containerOptions: FASTSTART, audio: 'aac' },
  aac: { container: 'adts', audio: 'aac' },
  flac: { container: 'flac', audio: 'flac' },
  wav: { container: 'wav', audio: 'pcm' },
  ogg: { container: 'ogg', audio: 'opus' },
};

/** Constant rate factor from quality 1–100. x264 counts 0 (best) to 51, VP9 0 to 63; both look transparent near a third of that. */
export function crfOf(codec: 'h264' | 'vp9', quality: number): number {
  return codec === 'h264' ? Math.round(51 - quality * 0.36) : Math.round(63 - quality * 0.42);
}

/** Bits per second for two channels. */
export function soundBitRate(quality: number): number {
  const steps = [64_000, 96_000, 128_000, 160_000, 192_000, 256_000];
  return steps[Math.min(steps.length - 1, Math.floor(quality / 20))] ?? 192_000;
}

export type VideoWish = {
  readonly codec: 'h264' | 'vp9';
  readonly filter: string;
  readonly quality: number;
  readonly fps: number;
  readonly container: string;
  /** Most bits per second. The quality stays where it is asked for as long as it needs less. */
  readonly ceiling?: number | undefined;
};

type Limit = Readonly<Record<string, number>>;

/** Encoder and its settings for a picture track. */
export async function videoTrack({ codec, filter, quality, fps, container, ceiling }: VideoWish): Promise<VideoTrack> {
  const gopSize = Math.max(12, Math.round(fps * 2));
  const crf = crfOf(codec, quality);
  if (codec === 'vp9') {
    const limit: Limit = ceiling === undefined ? { b: 0 } : { b: ceiling, maxrate: ceiling, bufsize: ceiling };
    return { filter, encoder: 'libvpx-vp9', gopSize, options: { crf, ...limit, deadline: 'realtime', 'cpu-used': 6, 'row-mt': 1 } };
  }
  // AVI has no place for the order in which pictures with B-frames are shown.
  const reorder = container === 'avi' ? { maxBFrames: 0 } : {};
  const limit: Limit = ceiling === undefined ? {} : { maxrate: ceiling, bufsize: ceiling };
  return {
    filter,
    encoder: 'libx264',
    gopSize,
    ...reorder,
    options: { preset: 'veryfast', crf, ...limit, profile: 'high', ...(await repeatableX264()) },
  };
}

export type AudioWish = {
  readonly codec: Recipe['audio'];
  /** Bits per second; lossless codecs don't ask. */
  readonly bitRate: number;
  /** The source has more than 16 bits per sample. */
  readonly deep: boolean;
  /** Filters of the caller, in front of everything else. */
  readonly filters?: readonly string[];
  readonly sampleRate?: number | undefined;
  /** One or two channels only. */
  readonly stereo?: boolean;
};

const FORMS: Readonly<Record<Recipe['audio'], { readonly encoder: string; readonly stereo: boolean; readonly lossless: boolean }>> = {
  aac: { encoder: 'aac', stereo: false, lossless: false },
  mp3: { encoder: 'libmp3lame', stereo: true, lossless: false },
  opus: { encoder: 'libopus', stereo: true, lossless: false },
  flac: { encoder: 'flac', stereo: false, lossless: true },
  pcm: { encoder: 'pcm_s16le', stereo: false, lossless: true },
};

export const isLossless = (codec: Recipe['audio']): boolean => FORMS[codec].lossless;

/** Encoder and its settings for a sound track. */
export function audioTrack({ codec, bitRate, deep, filters = [], sampleRate, stereo = false }: AudioWish): AudioTrack {
  const form = FORMS[codec];
  const rate = sampleRate === undefined || codec === 'opus' ? undefined : sampleRate;
  const filter = [
    ...(stereo || form.stereo ? ['aformat=channel_layouts=mono|stereo'] : []),
    ...filters,
    ...(rate === undefined ? [] : [`aresample=${rate}`]),
    ...(codec === 'flac' ? [`aformat=sample_fmts=${deep ? 's32' : 's16'}`] : []),
  ].join(',');
  return {
    filter,
    encoder: codec === 'pcm' && deep ? 'pcm_s24le' : form.encoder,
    ...(form.lossless ? {} : { bitRate }),
    ...(rate === undefined ? {} : { sampleRate: rate }),
  };
}
