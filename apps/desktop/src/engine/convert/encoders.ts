import type { MediaFormat } from '@pingplex/shared/domain';
import type { AudioTrack, VideoTrack } from '../binaries/transcode.ts';
import { repeatableX264 } from '../binaries/x264-options.ts';

/** How each format is written by FFmpeg: muxer, its options, encoders. Formats that are not here can't be written as film or sound. */
type Recipe = {
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

/** Encoder and its settings for a picture track. */
export async function videoTrack(
  codec: 'h264' | 'vp9',
  filter: string,
  quality: number,
  fps: number,
  container: string,
): Promise<VideoTrack> {
  const gopSize = Math.max(12, Math.round(fps * 2));
  const crf = crfOf(codec, quality);
  if (codec === 'vp9') {
    return { filter, encoder: 'libvpx-vp9', gopSize, options: { crf, b: 0, deadline: 'realtime', 'cpu-used': 6, 'row-mt': 1 } };
  }
  // AVI has no place for the order in which pictures with B-frames are shown.
  const reorder = container === 'avi' ? { maxBFrames: 0 } : {};
  return {
    filter,
    encoder: 'libx264',
    gopSize,
    ...reorder,
    options: { preset: 'veryfast', crf, profile: 'high', ...(await repeatableX264()) },
  };
}

/** Encoder and its settings for a sound track. `deep`: the source has more than 16 bits per sample. */
export function audioTrack(codec: Recipe['audio'], quality: number, deep: boolean): AudioTrack {
  switch (codec) {
    case 'aac':
      return { filter: '', encoder: 'aac', bitRate: soundBitRate(quality) };
    case 'mp3':
      return {
        filter: 'aformat=channel_layouts=mono|stereo',
        encoder: 'libmp3lame',
        bitRate: soundBitRate(quality),
      };
    case 'opus':
      return { filter: 'aformat=channel_layouts=mono|stereo', encoder: 'libopus', bitRate: soundBitRate(quality) };
    case 'flac':
      return { filter: `aformat=sample_fmts=${deep ? 's32' : 's16'}`, encoder: 'flac' };
    case 'pcm':
      return { filter: '', encoder: deep ? 'pcm_s24le' : 'pcm_s16le' };
  }
}
