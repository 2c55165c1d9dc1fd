import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { StreamFacts } from '../binaries/av.ts';
import type { AudioTrack } from '../binaries/transcode.ts';

/** An encoder with the sample layout that it takes. */
type SoundEncoding = Omit<AudioTrack, 'filter'> & { readonly rate: number; readonly format: string };

/** Containers per format, by FFmpeg's names. */
const SOUND_CONTAINERS: Readonly<Partial<Record<MediaFormat, string>>> = {
  mp3: 'mp3',
  m4a: 'ipod',
  aac: 'adts',
  flac: 'flac',
  wav: 'wav',
  ogg: 'ogg',
};

/** Even speech loses too much below this. */
const LEAST_BIT_RATE = 32_000;

/** Muxer for a sound format. @throws AppError engine.stepNotPossible */
export function soundContainer(format: MediaFormat): string {
  const container = SOUND_CONTAINERS[format];
  if (!container)
    throw new AppError('engine.stepNotPossible', `variants of ${format} can't be written`, { params: { reason: 'noEncoder', format } });
  return container;
}

/**
 * The encoder that makes the same kind of stream as the source has: same codec family, rate and about the same bits per second.
 * @param fallbackBitRate where the container doesn't say the stream's own
 */
export function soundEncoding(source: StreamFacts, container: string, fallbackBitRate = 160_000): SoundEncoding {
  const rate = source.sampleRate ?? 44_100;
  const bitRate = Math.max(LEAST_BIT_RATE, Math.min(320_000, Math.round(source.bitRate ?? fallbackBitRate)));
  const lossy = { bitRate, rate };
  switch (container) {
    case 'mp3':
      return { encoder: 'libmp3lame', ...lossy, rate: Math.min(48_000, rate), format: upToStereo('fltp', source) };
    case 'adts':
    case 'mov':
    case 'mp4':
      return { encoder: 'aac', ...lossy, format: 'sample_fmts=fltp' };
    case 'ipod':
      return source.codec === 'alac'
        ? { encoder: 'alac', rate, format: 'sample_fmts=s16p' }
        : { encoder: 'aac', ...lossy, format: 'sample_fmts=fltp' };
    case 'flac':
      return flac(rate);
    case 'wav':
      return wav(source.codec, rate);
    case 'webm':
      return { encoder: 'libopus', bitRate: Math.min(256_000, bitRate), rate: 48_000, format: upToStereo('flt', source) };
    default:
      return byCodec(source, bitRate, rate);
  }
}

/** Ogg and Matroska hold anything: the source's codec decides. */
function byCodec(source: StreamFacts, bitRate: number, rate: number): SoundEncoding {
  switch (source.codec) {
    case 'opus':
      return { encoder: 'libopus', bitRate: Math.min(256_000, bitRate), rate: 48_000, format: upToStereo('flt', source) };
    case 'vorbis':
      return { encoder: 'libvorbis', bitRate, rate, format: 'sample_fmts=fltp' };
    case 'flac':
      return flac(rate);
    default:
      return { encoder: 'aac', bitRate, rate, format: 'sample_fmts=fltp' };
  }
}

function flac(rate: number): SoundEncoding {
  return { encoder: 'flac', rate, format: 'sample_fmts=s16' };
}

function wav(codec: string, rate: number): SoundEncoding {
  switch (codec) {
    case 'pcm_s24le':
    case 'pcm_s32le':
      return { encoder: codec, rate, format: 'sample_fmts=s32' };
    case 'pcm_f32le':
      return { encoder: codec, rate, format: 'sample_fmts=flt' };
    default:
      return { encoder: 'pcm_s16le', rate, format: 'sample_fmts=s16' };
  }
}

function upToStereo(samples: string, { channels = 2 }: StreamFacts): string {
  return channels > 2 ? `sample_fmts=${samples}:channel_layouts=stereo` : `sample_fmts=${samples}`;
}

/** The end of every sound chain: loudness, then what the encoder takes. @param gain dB */
export function soundTail(encoding: SoundEncoding, gain: number): string {
  const volume = gain === 0 ? [] : [`volume=${gain.toFixed(3)}dB`];
  return [...volume, `aresample=${encoding.rate}`, `aformat=${encoding.format}:sample_rates=${encoding.rate}`].join(',');
}

/** What `transcode` needs of an encoding. */
export function audioTrack({ encoder, bitRate, options }: SoundEncoding, filter: string): AudioTrack {
  return { encoder, filter, ...(bitRate === undefined ? {} : { bitRate }), ...(options === undefined ? {} : { options }) };
}
