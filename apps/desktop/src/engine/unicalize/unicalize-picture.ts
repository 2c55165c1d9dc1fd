import type { TempPlace, Variant, WrittenFile } from '@pingplex/shared/contracts/engine';
import { FORMATS } from '@pingplex/shared/domain';
import { writeAside } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { release } from '../measure/big-memory.ts';
import { distanceOf, type Print, printLuma } from '../measure/print.ts';
import { type PaintedUntilGood, paintUntilGood } from './picture-finish.ts';
import { tryGeometry } from './picture-geometry.ts';
import { AIMED_LADDER, drawGeometry, type Geometry, PRESET_LADDER } from './picture-plan.ts';
import { openSource, type PictureSource } from './picture-source.ts';
import { Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';
import { searchVariant, type Tried } from './search.ts';
import type { UnicalizeSettings } from './settings.ts';
import { type Made, nearestFigure, withSisters } from './sisters.ts';

/** Bits by which a try may be wrong about the finished file. */
const TRIAL_MARGIN = 4;
/** Finished files that may turn out too near before the best of them is taken. */
const CONFIRMATIONS = 4;

type Written = PaintedUntilGood & { readonly written: WrittenFile };

/**
 * Makes variants of a still picture. The source is decoded once; every variant is written and read back.
 * @throws AppError engine.stepNotPossible (`reason`: animated, manyPages, tooSmall, noDecoder, noEncoder), file.*, output.*
 */
export async function unicalizePicture(
  path: string,
  temp: TempPlace,
  settings: UnicalizeSettings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const source = await openSource(path);
  const made: Made[] = [];
  try {
    for (let n = 1; n <= settings.variants; n++) {
      ctx.signal.throwIfAborted();
      const part = partOf(ctx, (n - 1) / settings.variants, n / settings.variants);
      made.push(await makeVariant(source, n, settings, targets, temp, made, part));
      part.progress(1);
    }
  } finally {
    release(source.picture.pixels.data);
  }
  return withSisters(made, targets);
}

async function makeVariant(
  source: PictureSource,
  n: number,
  settings: UnicalizeSettings,
  targets: Targets,
  temp: TempPlace,
  sisters: readonly Made[],
  ctx: JobContext,
): Promise<Made> {
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, source.print, others, targets);
  const { seed, mirror } = settings;
  const { isAimed } = targets;
  const work = { source, settings, targets, n, figureOf, portions: new Portions(ctx), signal: ctx.signal };
  const { done, tried, attempts } = await searchVariant<Geometry, Written>(
    {
      ...(isAimed ? AIMED_LADDER : PRESET_LADDER),
      isHalving: isAimed,
      margin: TRIAL_MARGIN,
      confirmations: CONFIRMATIONS,
      draw: (attempt) => drawGeometry(seed, n, attempt, isAimed ? undefined : settings.strength, mirror),
      tryOut: (geometry) => figureOf(printLuma(tryGeometry(source.small, geometry))),
      finish: async ({ plan }, isFinal) => {
        const painted = await paintUntilGood(work, plan, isFinal);
        return { ...painted, written: await write(source, n, painted.file, temp) };
      },
    },
    targets,
    ctx.signal,
  );
  return describe(source, n, done, tried, attempts);
}

async function write(source: PictureSource, n: number, file: Buffer, temp: TempPlace): Promise<WrittenFile> {
  const ext = FORMATS[source.format].extensions[0];
  const { path, sizeBytes, sha256 } = await writeAside(temp, n, ext, file);
  return { tempPath: path, ext, format: source.format, kind: 'image', sizeBytes, sha256 };
}

function describe(source: PictureSource, n: number, done: Written, { plan, attempt }: Tried<Geometry>, attempts: number): Made {
  const { dose, grain } = done.look;
  const parameters: Variant['parameters'] = { ...plan, ...done.tone, quality: done.encoding, dose, grain, draw: attempt };
  if (source.format !== source.picture.format) parameters['writtenAs'] = source.format;
  return {
    print: done.print,
    quality: done.ssim,
    variant: {
      n,
      file: done.written,
      parameters,
      fromSource: distanceOf(source.print, done.print),
      quality: { ssim: done.ssim, psnr: done.psnr },
      attempts,
    },
  };
}
