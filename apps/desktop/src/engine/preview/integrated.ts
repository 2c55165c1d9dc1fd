import type { MediaFormat } from '@pingplex/shared/domain';
import type { StreamFacts } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';
import { LOUDNESS_RATE, LoudnessMeter } from '../measure/loudness.ts';

const CHANNELS = 2;
const CHAIN = `aresample=${LOUDNESS_RATE},aformat=sample_fmts=flt:sample_rates=${LOUDNESS_RATE}:channel_layouts=stereo,asetnsamples=n=65536:p=0`;

/**
 * Integrated loudness of one sound track over its whole length, in LUFS (ITU-R BS.1770-4).
 * @returns undefined for silence and for less than 0.4 s of sound
 */
export async function integratedLoudness(
  path: string,
  format: MediaFormat,
  stream: StreamFacts,
  signal: AbortSignal,
): Promise<number | undefined> {
  const meter = new LoudnessMeter(CHANNELS);
  for await (const frame of decodeFrames({ path, format, streamIndex: stream.index, chain: CHAIN, signal })) {
    using owned = frame;
    const plane = owned.data?.[0];
    if (!plane) continue;
    const samples = new Float32Array(owned.nbSamples * CHANNELS);
    new Uint8Array(samples.buffer).set(plane.subarray(0, samples.byteLength));
    meter.push(samples);
  }
  return meter.integrated();
}
