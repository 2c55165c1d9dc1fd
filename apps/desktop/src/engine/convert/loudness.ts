import type { ConvertFigures } from '@pingplex/shared/contracts/engine';
import type { LoudnessTarget, MediaFormat } from '@pingplex/shared/domain';
import { loadAv, openInput } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';
import type { Part } from './limits.ts';
import { noteWith } from './note-with.ts';

/** Integrated loudness in LUFS and true peak in dBTP (EBU R 128, ITU-R BS.1770-4). */
export type Loudness = { readonly lufs: number; readonly truePeakDb: number };

/** What the meter gives for silence and for sounds too short to gate. */
const SILENCE_LUFS = -69.9;
const MAX_GAIN_DB = 40;
/** Lossy codecs let peaks grow a little. */
const CODEC_ROOM_DB = 0.5;
const decibels = (value: number): number => (value > 0 ? 20 * Math.log10(value) : Number.NEGATIVE_INFINITY);

type Reading = { readonly get: (key: string) => string | null | undefined };

function read(metadata: Reading, channels: number): Loudness | undefined {
  const lufs = Number(metadata.get('lavfi.r128.I') ?? Number.NaN);
  if (!Number.isFinite(lufs)) return undefined;
  const peaks = Array.from({ length: channels }, (_, n) => Number(metadata.get(`lavfi.r128.true_peaks_ch${n}`) ?? 0));
  return { lufs, truePeakDb: decibels(Math.max(0, ...peaks)) };
}

/**
 * Measures a sound, or a part of it.
 * @returns undefined for silence and for sounds that are too short (under 0.4 s)
 * @throws AppError `file.damaged`; the signal's reason on abort
 */
export async function measureLoudness(
  path: string,
  format: MediaFormat,
  streamIndex: number,
  part: Part,
  signal: AbortSignal,
): Promise<Loudness | undefined> {
  const av = await loadAv();
  const startMs = await startOf(path, format, av.AV_NOPTS_VALUE);
  const from = (startMs + part.startMs) / 1000;
  const to = part.endMs === undefined ? undefined : (startMs + part.endMs) / 1000;
  const isPart = part.startMs > 0 || to !== undefined;
  const taken = to === undefined ? `gte(t\\,${from})` : `gte(t\\,${from})*lt(t\\,${to})`;
  const chain = [
    ...(isPart ? [`aselect=${taken}`, 'asetpts=N/SR/TB'] : []),
    'aformat=channel_layouts=mono|stereo',
    'ebur128=metadata=1:peak=true:framelog=quiet',
  ].join(',');
  let last: Loudness | undefined;
  for await (const frame of decodeFrames({ path, format, streamIndex, chain, seekMs: isPart ? startMs + part.startMs : 0, signal })) {
    using owned = frame;
    last = read(owned.getMetadata(), owned.channels) ?? last;
  }
  return last === undefined || last.lufs < SILENCE_LUFS ? undefined : last;
}

async function startOf(path: string, format: MediaFormat, unknown: bigint): Promise<number> {
  await using input = await openInput(path, format);
  const start = input.getFormatContext().startTime;
  return start === unknown ? 0 : Number(start) / 1000;
}

/** Filters that bring a measured sound to its target, and whether peaks had to be held. */
export type LoudnessPlan = { readonly filters: readonly string[]; readonly peaksHeld: boolean };

/**
 * One gain over the whole sound, so that quiet and loud parts keep their relation. When the gain would lift peaks over the limit, only
 * these peaks are held by a limiter that works at four times the rate, where true peaks can be seen.
 * @param extraDb correction found by measuring an earlier try
 */
export function loudnessPlan(measured: Loudness, target: LoudnessTarget, lossy: boolean, extraDb = 0): LoudnessPlan {
  const gain = Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, target.lufs - measured.lufs + extraDb));
  const ceiling = target.truePeakDb - (lossy ? CODEC_ROOM_DB : 0);
  const volume = `volume=${gain.toFixed(3)}dB:precision=float`;
  if (measured.truePeakDb + gain <= ceiling) return { filters: [volume], peaksHeld: false };
  const limit = 10 ** (ceiling / 20);
  return {
    filters: [volume, 'aresample=192000', `alimiter=limit=${limit.toFixed(5)}:attack=1:release=60:level=0:latency=1`, 'aresample=48000'],
    peaksHeld: true,
  };
}

/** EBU R 128 allows half a unit when a programme can be measured as a whole. */
export const LOUDNESS_TOLERANCE = 0.5;

/** What the result's notes and figures say about its loudness. */
export function loudnessReport(
  before: Loudness | undefined,
  after: Loudness | undefined,
  target: LoudnessTarget,
  peaksHeld: boolean,
): { readonly figures: ConvertFigures; readonly notes: readonly string[] } {
  const round = (value: number): number => Math.round(value * 100) / 100;
  const notes: string[] = [];
  if (before === undefined || after === undefined) {
    notes.push('loudnessNotMeasurable');
    return { figures: {}, notes };
  }
  const figures = {
    lufsBefore: round(before.lufs),
    lufsAfter: round(after.lufs),
    truePeakBefore: round(before.truePeakDb),
    truePeakAfter: round(after.truePeakDb),
  };
  const reached = Math.abs(after.lufs - target.lufs) <= LOUDNESS_TOLERANCE;
  const said = reached ? noteWith('loudnessReached', after.lufs, 1) : noteWith('loudnessNotReached', after.lufs, 1);
  return { figures, notes: [said, ...(peaksHeld ? ['peaksHeld'] : [])] };
}
