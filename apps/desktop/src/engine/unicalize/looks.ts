import type { Targets } from './presets.ts';
import { reaches } from './sisters.ts';

/** How much of a preset's changes of light, colour and noise a variant gets, and how much better than the preset it is encoded. */
export type Look = {
  /** 0–1, share of the change of light and colour. */
  readonly dose: number;
  /** 0–1, share of the noise. */
  readonly grain: number;
  /** Steps of the encoder's quality scale above the preset. */
  readonly better: number;
};

/** Quality that a search for a named distance gives away, so that variants differ in light and colour too and not in their cut alone. */
const GIVEN_AWAY = 0.006;
/** By how much a sample may be wrong about the whole file. */
const SAMPLE_MARGIN = 0.002;

/**
 * Chooses the look for a named distance from samples of the file: the one that changes most among those that are hardly worse than the
 * best one.
 * @param looks from the one that changes most to the one that changes least, which is the best
 * @param sample makes a look on a part of the file; its quality 0–1
 * @returns those to try on the whole file, in this order, and how many samples were made
 */
export async function chooseLooks(
  looks: readonly Look[],
  minQuality: number | undefined,
  sample: (look: Look) => Promise<number | undefined>,
): Promise<{ looks: readonly Look[]; samples: number }> {
  const best = await sample(looks.at(-1) as Look);
  if (best === undefined) return { looks: looks.slice(-1), samples: 1 };
  const floor = Math.max(best - GIVEN_AWAY, Math.min(best, (minQuality ?? 0) + SAMPLE_MARGIN));
  for (const [i, look] of looks.slice(0, -1).entries()) {
    const quality = await sample(look);
    if (quality !== undefined && quality >= floor) return { looks: looks.slice(i), samples: i + 2 };
  }
  return { looks: looks.slice(-1), samples: looks.length };
}

/**
 * Makes a file with one look after another until its quality is reached.
 * @param isFinal false while another geometry may follow: then a file that is too near ends it at once, because no look moves it farther
 * @param make writes over what it made before; `figure` is the distance to the nearest of source and sisters
 * @returns the one whose quality was reached, or else the best
 */
export async function untilGood<D extends { readonly figure: number | undefined; readonly quality: number | undefined }>(
  looks: readonly Look[],
  targets: Targets,
  isFinal: boolean,
  make: (look: Look) => Promise<D>,
): Promise<{ made: D; look: Look; count: number; isComplete: boolean }> {
  let best: { made: D; look: Look } | undefined;
  let count = 0;
  for (const look of looks) {
    const made = await make(look);
    count += 1;
    const isGood = reaches(made.quality, targets.minQuality);
    if (isGood || !(isFinal || reaches(made.figure, targets.minDistance))) return { made, look, count, isComplete: isGood };
    if (!best || (made.quality ?? 0) > (best.made.quality ?? 0)) best = { made, look };
  }
  if (!best) throw new RangeError('there is at least one look');
  const { look } = best;
  return look === looks.at(-1)
    ? { ...best, count, isComplete: true }
    : { made: await make(look), look, count: count + 1, isComplete: true };
}
