import { createHash } from 'node:crypto';
import type { Waiting } from '@pingplex/shared/contracts/http';
import type { GenerateStep } from '@pingplex/shared/domain';
import { FORMATS } from '@pingplex/shared/domain';
import type { z } from 'zod';
import { hashFile } from '../../output/index.ts';
import type { BatchRow, ItemRow, Journal, MediaStepFile, StepFile } from '../db/index.ts';
import type { CloudSource } from '../generations/index.ts';
import { carriedFigures } from './carried-figures.ts';
import { tempPlace } from './item-files.ts';
import type { CloudPort, UsagePort } from './ports.ts';
import { shapeOf } from './work-units.ts';

type CloudTask = {
  readonly batch: BatchRow;
  readonly item: ItemRow;
  readonly step: z.output<typeof GenerateStep>;
  readonly index: number;
  readonly dir: string;
};
type CloudDeps = { readonly journal: Journal; readonly cloud: CloudPort; readonly usage: UsagePort };
type CloudStepContext = {
  readonly signal: AbortSignal;
  readonly onStage: (stage: 'uploading' | 'waiting' | 'downloading', fraction: number) => void;
  readonly onText: (text: string) => void;
  readonly onWaiting: (waiting: Waiting | null) => void;
};

/** Where each stage begins in the progress of the step, and how long it is. */
const SPAN = { uploading: [0, 0.2], waiting: [0.2, 0.6], downloading: [0.8, 0.2] } as const;

/** What goes along: the files that were asked for, or the one that reached this step. */
async function sourcesOf({ item, index }: CloudTask, file: MediaStepFile): Promise<CloudSource[]> {
  if (item.ask !== null && index === 0) {
    return await Promise.all(item.ask.sources.map(async ({ role, path, format }) => ({ role, path, format, ...(await hashFile(path)) })));
  }
  const sha256 = file.sha256 === '' ? (await hashFile(file.path)).sha256 : file.sha256;
  const role = FORMATS[file.format].kind === 'audio' ? 'audio' : 'image';
  return [{ role, path: file.path, sha256, sizeBytes: file.sizeBytes, format: file.format }];
}

/** One hash that stands for everything that is sent along; that of the file itself when it is one. */
function inputHash(sources: readonly CloudSource[]): string {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only.sha256;
  return createHash('sha256')
    .update(sources.map(({ role, sha256 }) => `${role} ${sha256}`).join('\n'))
    .digest('hex');
}

/** Buys one generation and brings its results to disk; taken up where an earlier try stopped. */
export async function runCloudStep(
  deps: CloudDeps,
  task: CloudTask,
  file: MediaStepFile,
  place: number,
  { signal, onStage, onText, onWaiting }: CloudStepContext,
): Promise<StepFile[]> {
  const { batch, item, step, index, dir } = task;
  const started = performance.now();
  const sources = await sourcesOf(task, file);
  const ask = index === 0 ? item.ask : null;
  const outcome = await deps.cloud.run(
    {
      batchId: batch.id,
      itemId: item.id,
      step: index,
      input: place,
      modelId: step.modelId,
      prompt: ask?.prompt ?? step.prompt,
      settings: { ...step.settings, ...ask?.settings },
      sources,
      inputSha256: inputHash(sources),
      place: tempPlace(dir, item, index, place),
    },
    { signal, onText, onWaiting, onStage: (stage, fraction) => onStage(stage, SPAN[stage][0] + SPAN[stage][1] * fraction) },
  );
  onStage('downloading', 1);
  deps.journal.knowledge.learn({
    verb: 'generate',
    kind: file.kind,
    format: file.format,
    shape: shapeOf(step),
    size: 0,
    units: 1,
    ms: performance.now() - started,
    bytesIn: file.sizeBytes,
    bytesOut: outcome.files.reduce((sum, one) => sum + one.sizeBytes, 0),
  });
  return outcome.files.map((one) => {
    if (one.kind !== 'text') deps.usage.count('download', one.kind, one.sizeBytes);
    return {
      path: one.tempPath,
      ext: one.ext,
      kind: one.kind,
      format: one.format,
      sizeBytes: one.sizeBytes,
      sha256: one.sha256,
      step: index,
      verb: 'generate',
      modelId: step.modelId,
      measurements: {
        ...carriedFigures(file.measurements),
        generation: {
          id: outcome.generationId,
          modelId: step.modelId,
          credits: one.credits,
          sandbox: outcome.sandbox,
          ...(outcome.expiresAt === null ? {} : { expiresAt: outcome.expiresAt }),
        },
        ...(one.width === undefined ? {} : { width: one.width }),
        ...(one.height === undefined ? {} : { height: one.height }),
      },
      credits: file.credits + one.credits,
      saved: false,
    };
  });
}
