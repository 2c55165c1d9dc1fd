import type { Distance } from '@pingplex/shared/contracts/engine';

type Band = Distance['band'];
type Edge = readonly [at: number, score: number];

/**
 * Score against PDQ bits. 31 is what ThreatExchange's matchers take as "the same", 128 is what unrelated pictures average;
 * the bands between were chosen on photographs.
 */
const PDQ_SCORE: readonly Edge[] = [
  [0, 0],
  [31, 25],
  [60, 50],
  [90, 75],
  [128, 100],
];
/** Score against dissimilarity of sound (one minus Chromaprint similarity). Unrelated music has 0.4–0.5. */
const SOUND_SCORE: readonly Edge[] = [
  [0, 0],
  [0.2, 25],
  [0.35, 50],
  [0.42, 75],
  [0.5, 100],
];
/** vPDQ calls films the same when this share of frames matches; under the second share they are distinct. */
const SAME_SHARE = 0.8;
const DISTINCT_SHARE = 0.2;

/** Score and band of two pictures. @param bits PDQ distance, 0–256 */
export function pictureScore(bits: number): { score: number; band: Band } {
  const band = bits <= 31 ? 'same' : bits <= 60 ? 'weak' : bits <= 90 ? 'distinct' : 'strong';
  return { score: along(PDQ_SCORE, bits), band };
}

/** Score and band of two films: as their median frames, but never better than the share of matching frames allows. */
export function filmScore(median: number, share: number): { score: number; band: Band } {
  const byFrames = pictureScore(median);
  if (share >= SAME_SHARE) return { score: Math.min(25, byFrames.score), band: 'same' };
  if (share < DISTINCT_SHARE) return byFrames;
  const score = Math.min(50, byFrames.score);
  return { score, band: byFrames.band === 'same' ? 'same' : 'weak' };
}

/** Score and band of two sounds. @param similarity Chromaprint similarity 0–1 */
export function soundScore(similarity: number): { score: number; band: Band } {
  const band = similarity >= 0.8 ? 'same' : similarity >= 0.65 ? 'weak' : similarity >= 0.55 ? 'distinct' : 'strong';
  return { score: along(SOUND_SCORE, 1 - similarity), band };
}

function along(edges: readonly Edge[], value: number): number {
  for (let i = 1; i < edges.length; i++) {
    const [x0, y0] = edges[i - 1] as Edge;
    const [x1, y1] = edges[i] as Edge;
    if (value <= x1) return round(y0 + ((y1 - y0) * Math.max(0, value - x0)) / (x1 - x0));
  }
  return 100;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
