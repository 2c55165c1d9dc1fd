import { filteredFrames, type OpenMedia } from './av-media.ts';
import { PRINT_RATE, PRINT_SECONDS, type SoundPrint, soundPrint } from './chromaprint.ts';
import { LOUDNESS_RATE, LoudnessMeter } from './loudness.ts';
import { type Spectrum, SpectrumMeter } from './spectrum.ts';

const CHANNELS = 2;

/** Everything that we compare of a sound. Parts are missing when it is silent or too short. */
export type SoundFacts = {
  readonly print: SoundPrint;
  /** Integrated loudness, LUFS. */
  readonly loudness: number | undefined;
  readonly spectrum: Spectrum | undefined;
};

/**
 * Floats of a file's first sound track after a filter chain, at a fixed rate and layout.
 * @param chain FFmpeg audio filters that come before the resampling; may be empty
 */
async function* pcm(
  media: OpenMedia,
  to: { rate: number; layout: 'mono' | 'stereo' },
  signal: AbortSignal,
  chain = '',
): AsyncGenerator<Float32Array> {
  if (!media.audio) return;
  const resample = `aresample=${to.rate},aformat=sample_fmts=flt:sample_rates=${to.rate}:channel_layouts=${to.layout},asetnsamples=n=65536:p=0`;
  for await (const frame of filteredFrames(media, media.audio, chain === '' ? resample : `${chain},${resample}`, signal)) {
    const bytes = frame.data?.[0];
    if (!bytes) continue;
    const samples = new Float32Array(frame.nbSamples * (to.layout === 'mono' ? 1 : CHANNELS));
    new Uint8Array(samples.buffer).set(bytes.subarray(0, samples.byteLength));
    yield samples;
  }
}

/** Measures a file's first sound track. @param tell is told how much is done, 0–1 */
export async function measureSound(media: OpenMedia, signal: AbortSignal, tell?: (fraction: number) => void): Promise<SoundFacts> {
  return { print: await printOf(media, signal), ...(await levelOf(media, signal, '', tell)) };
}

/** Fingerprint of the first two minutes. */
export async function printOf(media: OpenMedia, signal: AbortSignal, chain = ''): Promise<SoundPrint> {
  const samples = new Float32Array(PRINT_RATE * PRINT_SECONDS);
  let filled = 0;
  for await (const part of pcm(media, { rate: PRINT_RATE, layout: 'mono' }, signal, chain)) {
    const room = Math.min(part.length, samples.length - filled);
    samples.set(part.subarray(0, room), filled);
    filled += room;
    if (filled === samples.length) break;
  }
  return soundPrint(samples.subarray(0, filled));
}

/**
 * Loudness and tone colour over the whole length, optionally as it would sound after a filter chain.
 * @param tell is told how much is done, 0–1
 */
export async function levelOf(
  media: OpenMedia,
  signal: AbortSignal,
  chain = '',
  tell: (fraction: number) => void = () => undefined,
): Promise<Pick<SoundFacts, 'loudness' | 'spectrum'>> {
  const expected = Math.max(1, ((media.durationMs ?? 0) / 1000) * LOUDNESS_RATE * CHANNELS);
  let seen = 0;
  const meter = new LoudnessMeter(CHANNELS);
  const tone = new SpectrumMeter(LOUDNESS_RATE);
  for await (const part of pcm(media, { rate: LOUDNESS_RATE, layout: 'stereo' }, signal, chain)) {
    meter.push(part);
    seen += part.length;
    tell(Math.min(1, seen / expected));
    for (let i = 0; i < part.length; i += CHANNELS) tone.push(((part[i] as number) + (part[i + 1] as number)) / 2);
  }
  return { loudness: meter.integrated(), spectrum: tone.spectrum() };
}
