import type { EngineJob, Summary, TempPlace, WrittenFile } from '@pingplex/shared/contracts/engine';
import type { Measurements } from '@pingplex/shared/contracts/ipc';
import type { GenerateStep, Step } from '@pingplex/shared/domain';
import type { z } from 'zod';
import type { StepFile } from '../db/index.ts';
import { carriedFigures } from './carried-figures.ts';
import type { EnginePort } from './ports.ts';

export type LocalStep = Exclude<Step, z.output<typeof GenerateStep>>;

export type StepContext = {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
  readonly durationMs: number | null;
  readonly megapixels: number | null;
  /** The user's own file, which what belongs to it lies beside. */
  readonly original: string;
};

function made(step: number, verb: LocalStep['verb'], input: StepFile, file: WrittenFile, measurements: Measurements): StepFile {
  return {
    path: file.tempPath,
    ext: file.ext,
    kind: file.kind,
    format: file.format,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    step,
    verb,
    modelId: input.modelId,
    measurements: { ...carriedFigures(input.measurements), ...measurements },
    credits: input.credits,
    saved: false,
  };
}

function shownOf({ width, height, durationMs }: Summary): Measurements {
  return {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

/** Lets the engine do one local step on one file. What came out lies at `place`, sealed and measured. */
export async function runLocalStep(
  engine: EnginePort,
  step: LocalStep,
  index: number,
  input: StepFile,
  place: TempPlace,
  context: StepContext,
): Promise<StepFile[]> {
  const options = {
    signal: context.signal,
    onProgress: context.onProgress,
    ...(context.durationMs === null ? {} : { durationMs: context.durationMs }),
    ...(context.megapixels === null ? {} : { megapixels: context.megapixels }),
  };
  const common = { path: input.path, temp: place };
  switch (step.verb) {
    case 'clean': {
      const { verb, keep: _, ...wishes } = step;
      const job: EngineJob & { verb: 'clean' } = { verb, ...common, ...wishes };
      const { file, ...proof } = await engine.run(job, options);
      return [made(index, 'clean', input, file, { clean: proof })];
    }
    case 'convert': {
      const { verb, keep: _, ...settings } = step;
      const original = input.step < 0 ? {} : { original: context.original };
      const { file, summary, notes, more = [] } = await engine.run({ verb, ...common, ...original, settings }, options);
      return [{ file, summary }, ...more].map((one) =>
        made(index, verb, input, one.file, {
          ...shownOf(one.summary),
          notes: [...(input.measurements.notes ?? []), ...notes],
        }),
      );
    }
    case 'unicalize': {
      const { verb, keep: _, ...settings } = step;
      const { variants, engineVersion, notes } = await engine.run({ verb, ...common, settings }, options);
      return variants.map(({ n, parameters, targetReached, missed, attempts, file, fromSource, nearestSister, quality }) =>
        made(index, verb, input, file, {
          variant: { n, parameters, targetReached, ...(missed ? { missed } : {}), attempts, engineVersion },
          fromSource,
          ...(nearestSister ? { nearestSister } : {}),
          quality,
          notes: [...(input.measurements.notes ?? []), ...notes],
        }),
      );
    }
  }
}
