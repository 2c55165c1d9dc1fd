import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { probeStreams } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';

/** Sound is brought down to this rate first; the shape of a waveform needs no more. */
const RATE = 11_025;
/** Peaks are collected finer than asked for and then folded, because the true length is known only at the end. */
const FINE_SAMPLES = 256;
const CHAIN = `aresample=${RATE},aformat=sample_fmts=flt:channel_layouts=mono,asetnsamples=n=65536:p=0`;

/** Loudest sample of every 256 at 11 kHz mono. */
class FinePeaks {
  readonly peaks: number[] = [];
  samples = 0;
  private top = 0;

  add(bytes: Buffer, count: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const usable = Math.min(count, Math.floor(bytes.byteLength / 4));
    for (let i = 0; i < usable; i += 1) {
      const value = Math.abs(view.getFloat32(i * 4, true));
      if (value > this.top) this.top = value;
      this.samples += 1;
      if (this.samples % FINE_SAMPLES === 0) this.close();
    }
  }

  close(): void {
    this.peaks.push(Math.min(1, this.top));
    this.top = 0;
  }
}

function fold(fine: readonly number[], count: number): number[] {
  const peaks: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const from = Math.floor((n * fine.length) / count);
    const to = Math.max(from + 1, Math.floor(((n + 1) * fine.length) / count));
    let top = 0;
    for (let i = from; i < to && i < fine.length; i += 1) top = Math.max(top, fine[i] ?? 0);
    peaks.push(Number(top.toFixed(4)));
  }
  return peaks;
}

/**
 * Shape of a sound: the loudest sample in each of `count` slices of equal length, channels mixed down.
 * @param count number of slices over the whole length
 * @throws AppError engine.stepNotPossible when there is no sound track, file.damaged when none of it decodes
 */
export async function readPeaks(
  path: string,
  format: MediaFormat,
  count: number,
  signal: AbortSignal,
  progress: (share: number) => void = () => undefined,
): Promise<{ peaks: number[]; durationMs: number }> {
  const probe = await probeStreams(path, format);
  if (!probe.audio) throw new AppError('engine.stepNotPossible', 'there is no sound in this file', { params: { reason: 'noSound' } });
  const fine = new FinePeaks();
  const expected = ((probe.durationMs ?? 0) * RATE) / 1000;
  for await (const frame of decodeFrames({ path, format, streamIndex: probe.audio.index, chain: CHAIN, signal })) {
    using owned = frame;
    const plane = owned.data?.[0];
    if (plane) fine.add(plane, owned.nbSamples);
    if (expected > 0) progress(Math.min(1, fine.samples / expected));
  }
  if (fine.samples === 0) throw new AppError('file.damaged', 'none of the sound decodes');
  if (fine.samples % FINE_SAMPLES !== 0) fine.close();
  return { peaks: fold(fine.peaks, count), durationMs: Math.round((fine.samples * 1000) / RATE) };
}
