import type { JobContext } from '../job-context.ts';
import type { OpenMedia } from '../measure/av-media.ts';
import { greyChain, greyFrames, lumaOfFrame, sampledFrames, samplingStep } from '../measure/film.ts';
import { type Luma, shrinkLuma } from '../measure/luma.ts';
import { type PdqPrint, pdq } from '../measure/pdq.ts';
import { splitFrames } from '../measure/split-frames.ts';
import { psnr, ssim } from '../measure/structure.ts';
import { type FilmPlan, geometryChain } from './film-plan.ts';

/** Pairs of frames that are compared pixel by pixel, spread over the first sampled ones. */
const COMPARED = 24;
/** A sample of a film is short, so its frames are compared more closely. */
const SAMPLE_STEP = 6;

/** A variant's hashes (as `printFilm` would take them) and its likeness; figures are 0 when nothing could be compared. */
type FilmLikeness = { readonly frames: readonly PdqPrint[]; readonly ssim: number; readonly psnr: number };

/** Reads one finished variant frame by frame, in step with its source. */
class Side {
  readonly frames: PdqPrint[] = [];
  readonly step: number;
  private readonly reader: AsyncGenerator<Luma>;
  private readonly figures: { ssim: number; psnr: number }[] = [];
  private ended = false;
  /** The next frame is decoded while the last one is measured. */
  private coming: Promise<IteratorResult<Luma, void>>;

  constructor(variant: OpenMedia, signal: AbortSignal) {
    this.step = samplingStep(variant);
    this.reader = greyFrames(variant, this.step, signal);
    this.coming = this.ask();
  }

  /** No more of the source is needed. */
  get isSatisfied(): boolean {
    return this.ended || this.figures.length >= COMPARED;
  }

  /** Frame n of the variant belongs to frame n of the source. */
  async compare(reference: Luma): Promise<void> {
    const luma = await this.next();
    if (luma) this.figures.push({ ssim: ssim(reference, luma), psnr: psnr(reference, luma) });
  }

  async next(): Promise<Luma | undefined> {
    const { done, value } = await this.coming;
    if (done) {
      this.ended = true;
      return undefined;
    }
    this.coming = this.ask();
    this.frames.push(pdq(shrinkLuma(value)));
    return value;
  }

  private ask(): Promise<IteratorResult<Luma, void>> {
    const coming = this.reader.next();
    // A failure is told to whoever asks for that frame; nobody may ask any more.
    coming.catch(() => undefined);
    return coming;
  }

  likeness(): FilmLikeness {
    const mean = (of: (one: { ssim: number; psnr: number }) => number) =>
      this.figures.length === 0 ? 0 : this.figures.reduce((sum, one) => sum + of(one), 0) / this.figures.length;
    return { frames: this.frames, ssim: mean((one) => one.ssim), psnr: mean((one) => one.psnr) };
  }

  async close(): Promise<void> {
    await this.coming.catch(() => undefined);
    await this.reader.return(undefined);
  }
}

/**
 * Reads finished variants beside their source, which is decoded once and runs through the cut, size and timing of each.
 * @returns one likeness per variant, in their order
 */
export async function filmQualities(
  source: OpenMedia,
  variants: readonly { readonly variant: OpenMedia; readonly plan: FilmPlan }[],
  { signal, progress }: JobContext,
): Promise<FilmLikeness[]> {
  const { video } = source;
  if (!video) return variants.map(() => ({ frames: [], ssim: 0, psnr: 0 }));
  const sides = variants.map(({ variant }) => new Side(variant, signal));
  const expected = variants.reduce((sum, { variant }) => sum + sampledFrames(variant), 0);
  const tell = () => progress(Math.min(1, sides.reduce((sum, side) => sum + side.frames.length, 0) / expected));
  const chains = variants.map(({ plan }, i) => greyChain(sides[i]?.step ?? 1, geometryChain(plan, video, source.startMs)));
  try {
    for await (const { chain, frame } of splitFrames(source, video, chains, signal, (at) => sides[at]?.isSatisfied === false)) {
      const side = sides[chain];
      if (side?.isSatisfied === false) await side.compare(lumaOfFrame(frame));
      tell();
    }
    await Promise.all(
      sides.map(async (side) => {
        while (await side.next()) tell();
      }),
    );
  } finally {
    for (const side of sides) await side.close();
  }
  return sides.map((side) => side.likeness());
}

/**
 * How good a short encoded part of a film is. Reads no more of the source than that part.
 * @param plan its `headMs` is where the part begins
 */
export async function sampleQuality(source: OpenMedia, part: OpenMedia, plan: FilmPlan, signal: AbortSignal): Promise<number | undefined> {
  const reference = referenceFrames(source, SAMPLE_STEP, plan, signal);
  const figures: number[] = [];
  try {
    for await (const luma of greyFrames(part, SAMPLE_STEP, signal)) {
      const pair = await reference.next();
      if (!pair.done) figures.push(ssim(pair.value, luma));
    }
  } finally {
    await reference.return(undefined);
  }
  return figures.length === 0 ? undefined : figures.reduce((sum, one) => sum + one, 0) / figures.length;
}

function referenceFrames(source: OpenMedia, step: number, plan: FilmPlan, signal: AbortSignal) {
  if (!source.video) throw new RangeError('a film has a picture');
  return greyFrames(source, step, signal, geometryChain(plan, source.video, source.startMs), source.startMs + plan.headMs);
}
