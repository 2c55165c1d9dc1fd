import type { JobContext } from '../job-context.ts';
import type { OpenMedia } from '../measure/av-media.ts';
import { greyFrames, sampledFrames, samplingStep } from '../measure/film.ts';
import { shrinkLuma } from '../measure/luma.ts';
import { type PdqPrint, pdq } from '../measure/pdq.ts';
import { psnr, ssim } from '../measure/structure.ts';
import { type FilmPlan, geometryChain } from './film-plan.ts';

/** Pairs of frames that are compared pixel by pixel, spread over the first sampled ones. */
const COMPARED = 24;

/**
 * Reads a finished variant beside its source, which runs through the same cut, size and timing: frame n of one belongs to frame n of the other.
 * @returns the variant's hashes (as `printFilm` would take them) and its likeness; undefined figures when nothing could be compared
 */
export async function filmQuality(
  source: OpenMedia,
  variant: OpenMedia,
  plan: FilmPlan,
  { signal, progress }: JobContext,
): Promise<{ frames: PdqPrint[]; ssim: number; psnr: number }> {
  const frames: PdqPrint[] = [];
  const figures: { ssim: number; psnr: number }[] = [];
  if (!source.video) return { frames, ssim: 0, psnr: 0 };
  const step = samplingStep(variant);
  const reference = greyFrames(source, step, signal, geometryChain(plan, source.video, source.startMs));
  try {
    for await (const luma of greyFrames(variant, step, signal)) {
      frames.push(pdq(shrinkLuma(luma)));
      progress(frames.length / sampledFrames(variant));
      if (figures.length >= COMPARED) continue;
      const pair = await reference.next();
      if (pair.done) continue;
      figures.push({ ssim: ssim(pair.value, luma), psnr: psnr(pair.value, luma) });
    }
  } finally {
    await reference.return(undefined);
  }
  const mean = (of: (one: { ssim: number; psnr: number }) => number) =>
    figures.length === 0 ? 0 : figures.reduce((sum, one) => sum + of(one), 0) / figures.length;
  return { frames, ssim: mean((one) => one.ssim), psnr: mean((one) => one.psnr) };
}
