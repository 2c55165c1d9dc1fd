import type { Frame } from 'node-av';
import type { OpenMedia } from './av-media.ts';
import { PRINT_RATE, PRINT_SECONDS, type SoundPrint, soundPrint } from './chromaprint.ts';
import { LOUDNESS_RATE, LoudnessMeter } from './loudness.ts';
import { monoSamples } from './mono-samples.ts';
import { type Spectrum, SpectrumMeter } from './spectrum.ts';
import { splitFrames } from './split-frames.ts';

const CHANNELS = 2;

/** Everything that we compare of a sound. Parts are missing when it is silent or too short. */
export type SoundFacts = {
  readonly print: SoundPrint;
  /** Integrated loudness, LUFS. */
  readonly loudness: number | undefined;
  readonly spectrum: Spectrum | undefined;
};

type Layout = { readonly rate: number; readonly layout: 'mono' | 'stereo' };
const FOR_PRINT: Layout = { rate: PRINT_RATE, layout: 'mono' };
const FOR_LEVEL: Layout = { rate: LOUDNESS_RATE, layout: 'stereo' };

/** @param chain FFmpeg audio filters that come before the resampling; may be empty */
function pcmChain({ rate, layout }: Layout, chain = ''): string {
  const resample = `aresample=${rate},aformat=sample_fmts=flt:sample_rates=${rate}:channel_layouts=${layout},asetnsamples=n=65536:p=0`;
  return chain === '' ? resample : `${chain},${resample}`;
}

function samplesOf(frame: Frame, { layout }: Layout): Float32Array {
  const samples = new Float32Array(frame.nbSamples * (layout === 'mono' ? 1 : CHANNELS));
  const bytes = frame.data?.[0];
  if (bytes) new Uint8Array(samples.buffer).set(bytes.subarray(0, samples.byteLength));
  return samples;
}

/** The beginning of a sound, as much as its fingerprint is taken from. */
class PrintBuffer {
  private readonly samples = new Float32Array(PRINT_RATE * PRINT_SECONDS);
  private filled = 0;

  get isFull(): boolean {
    return this.filled === this.samples.length;
  }

  push(part: Float32Array): void {
    const room = Math.min(part.length, this.samples.length - this.filled);
    this.samples.set(part.subarray(0, room), this.filled);
    this.filled += room;
  }

  print(): Promise<SoundPrint> {
    return soundPrint(this.samples.subarray(0, this.filled));
  }
}

/** Tells how much of a sound was heard, 0–1. */
function teller(media: OpenMedia, tell: (fraction: number) => void): (samples: number) => void {
  const expected = Math.max(1, ((media.durationMs ?? 0) / 1000) * LOUDNESS_RATE * CHANNELS);
  let seen = 0;
  return (samples) => {
    seen += samples;
    tell(Math.min(1, seen / expected));
  };
}

/** Measures a file's first sound track, decoding it once. @param tell is told how much is done, 0–1 */
export async function measureSound(
  media: OpenMedia,
  signal: AbortSignal,
  tell: (fraction: number) => void = () => undefined,
): Promise<SoundFacts> {
  const start = new PrintBuffer();
  const meter = new LoudnessMeter(CHANNELS);
  const tone = new SpectrumMeter(LOUDNESS_RATE);
  const heard = teller(media, tell);
  if (media.audio) {
    const chains = [pcmChain(FOR_LEVEL), pcmChain(FOR_PRINT)];
    for await (const { chain, frame } of splitFrames(media, media.audio, chains, signal, (at) => at === 0 || !start.isFull)) {
      if (chain === 1) {
        start.push(samplesOf(frame, FOR_PRINT));
        continue;
      }
      const part = samplesOf(frame, FOR_LEVEL);
      meter.push(part);
      for (let i = 0; i < part.length; i += CHANNELS) tone.push(((part[i] as number) + (part[i + 1] as number)) / 2);
      heard(part.length);
    }
  }
  return { print: await start.print(), loudness: meter.integrated(), spectrum: tone.spectrum() };
}

/** Fingerprint of the first two minutes. @param chain FFmpeg audio filters that the sound goes through before */
export async function printOf(media: OpenMedia, signal: AbortSignal, chain = ''): Promise<SoundPrint> {
  const start = new PrintBuffer();
  if (media.audio && chain === '') {
    await monoSamples(
      media,
      media.audio,
      PRINT_RATE,
      signal,
      (samples) => start.push(samples),
      () => start.isFull,
    );
  } else if (media.audio) {
    for await (const { frame } of splitFrames(media, media.audio, [pcmChain(FOR_PRINT, chain)], signal, () => !start.isFull)) {
      start.push(samplesOf(frame, FOR_PRINT));
    }
  }
  return start.print();
}

/**
 * Integrated loudness (LUFS) of a file's first sound track, as it would be after each of the filter chains; decodes it once.
 * @param chains FFmpeg audio filters; an empty one leaves the sound as it is
 * @param tell is told how much is done, 0–1
 */
export async function loudnessAfter(
  media: OpenMedia,
  chains: readonly string[],
  signal: AbortSignal,
  tell: (fraction: number) => void = () => undefined,
): Promise<(number | undefined)[]> {
  const meters = chains.map(() => new LoudnessMeter(CHANNELS));
  const heard = teller(media, (fraction) => tell(fraction));
  if (media.audio) {
    const pcm = chains.map((chain) => pcmChain(FOR_LEVEL, chain));
    for await (const { chain, frame } of splitFrames(media, media.audio, pcm, signal)) {
      const part = samplesOf(frame, FOR_LEVEL);
      meters[chain]?.push(part);
      if (chain === 0) heard(part.length);
    }
  }
  return meters.map((meter) => meter.integrated());
}
