import { mkdir } from 'node:fs/promises';
import type { ItemView } from '@pingplex/shared/contracts/ipc';
import type { Step } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { BatchRow, ItemRow, Journal, MediaStepFile, StepFile } from '../db/index.ts';
import { isMedia, prepareOutputDir, tempPlace, workDir } from './item-files.ts';
import type { Lane } from './lane.ts';
import { localDay, planItem, resultName, stepApplies } from './plan.ts';
import type { CloudPort, EnginePort, UsagePort } from './ports.ts';
import { commitSealed, copyForSaving, hashForName, isAllTaken, isThere, recordSealed, type SaveContext } from './saving.ts';
import { checkSource } from './source-check.ts';
import { runCloudStep } from './step-cloud.ts';
import { runLocalStep } from './step-local.ts';
import { passes, shapeOf, sizeOf, times, workUnits } from './work-units.ts';

export type ItemDeps = {
  readonly journal: Journal;
  readonly engine: EnginePort;
  readonly cloud: CloudPort;
  readonly usage: UsagePort;
  readonly lanes: { readonly local: Lane; readonly cloud: Lane };
  readonly workRoot: string;
  readonly now: () => number;
};
export type ItemContext = {
  readonly signal: AbortSignal;
  /** @param fraction of the whole item, 0–1 */
  readonly onStage: (stage: ItemView['stage'], fraction: number) => void;
  /** Asked between two steps. @throws when the item has to stop here */
  readonly pause: () => void;
  readonly onResults: () => void;
  /** Told what a model has written so far. */
  readonly onText: (text: string) => void;
  readonly onWaiting: (waiting: ItemView['waiting'] | null) => void;
};
export type ItemEnd = { readonly state: 'done' } | { readonly state: 'skipped'; readonly error: AppError };

/** Share of a step in an item's progress; rough, for a bar that moves evenly. */
const WEIGHT: Readonly<Record<Step['verb'], number>> = { clean: 1, convert: 3, unicalize: 10, generate: 15 };

/** Takes an item from where its journal says it is to its results. */
export async function runItem(deps: ItemDeps, batch: BatchRow, item: ItemRow, context: ItemContext): Promise<ItemEnd> {
  const { journal } = deps;
  if (!isWritten(deps, batch, item)) {
    if (item.path !== '') await checkSource(item);
    const dir = await prepareOutputDir(batch, item);
    const save: SaveContext = { journal, batch, item, dir, now: deps.now };
    if (
      batch.conflict === 'skip' &&
      journal.results.ofItem(item.id).length === 0 &&
      (await isAllTaken(dir, await plannedNames(deps, batch, item)))
    ) {
      return { state: 'skipped', error: new AppError('output.nameTaken', 'all names are taken', { params: { name: item.name } }) };
    }
    await runSteps(deps, batch, item, save, context);
  }
  context.onStage('saving', 0.99);
  if (!(await commitSealed({ journal, batch, item }))) {
    journal.transaction(() => {
      journal.items.forgetSteps(item.id);
      journal.results.dropUncommitted(item.id);
    });
    throw new AppError('output.writeFailed', 'a finished file disappeared before it got its name');
  }
  context.onResults();
  return endOf(journal, item);
}

function endOf(journal: Journal, item: ItemRow): ItemEnd {
  const rows = journal.results.ofItem(item.id);
  if (rows.some((row) => row.state === 'committed')) return { state: 'done' };
  const error =
    rows.length > 0
      ? new AppError('output.nameTaken', 'all names are taken', { params: { name: item.name } })
      : new AppError('engine.stepNotPossible', 'no step works on this kind of file', { params: { reason: 'noStepFits', name: item.name } });
  return { state: 'skipped', error };
}

/** True when all steps are finished and only names are missing. */
function isWritten(deps: ItemDeps, batch: BatchRow, item: ItemRow): boolean {
  return deps.journal.items.steps(item.id).some((run) => run.step === batch.steps.length - 1);
}

async function plannedNames(deps: ItemDeps, batch: BatchRow, item: ItemRow): Promise<string[]> {
  const names = {
    template: batch.template,
    date: localDay(batch.createdAt),
    hash: await hashForName(batch, item),
    index: item.position + 1,
  };
  const { results } = planItem(item, batch.steps, deps.cloud.models(), item.ask);
  return results.map((file, n) => resultName(names, item.name, { ...file, verb: file.verb ?? '' }, n + 1));
}

function sourceFile(item: ItemRow): StepFile {
  return {
    path: item.path,
    ext: '',
    kind: item.kind,
    format: item.format,
    sizeBytes: item.sizeBytes,
    sha256: '',
    step: -1,
    verb: 'clean',
    modelId: '',
    measurements: {},
    credits: 0,
    saved: false,
  };
}

/** The files to go on with: those of the last finished step that are all still there. */
async function pickUp(deps: ItemDeps, item: ItemRow): Promise<{ files: readonly StepFile[]; next: number }> {
  const { journal } = deps;
  let files: readonly StepFile[] = [sourceFile(item)];
  let next = 0;
  for (const run of journal.items.steps(item.id)) {
    const whole = await Promise.all(run.files.filter((file) => file.step >= 0).map(isThere));
    if (run.step !== next || whole.includes(false)) break;
    files = run.files;
    next += 1;
  }
  journal.transaction(() => {
    journal.items.forgetSteps(item.id, next);
    journal.results.dropUncommitted(item.id, next);
  });
  return { files, next };
}

async function runSteps(deps: ItemDeps, batch: BatchRow, item: ItemRow, save: SaveContext, context: ItemContext): Promise<void> {
  const { journal } = deps;
  const { steps } = batch;
  await mkdir(workDir(deps.workRoot, item.id), { recursive: true });
  const hash = await hashForName(batch, item);
  const start = await pickUp(deps, item);
  let { files } = start;
  const total = steps.reduce((sum, step) => sum + WEIGHT[step.verb], 0);
  let before = steps.slice(0, start.next).reduce((sum, step) => sum + WEIGHT[step.verb], 0);
  for (let index = start.next; index < steps.length; index += 1) {
    const step = steps[index];
    if (step === undefined) break;
    context.pause();
    context.signal.throwIfAborted();
    const isLast = index === steps.length - 1;
    const dir = isLast ? save.dir : workDir(deps.workRoot, item.id);
    const share = WEIGHT[step.verb] / total;
    const base = before / total;
    const onStage: ItemContext['onStage'] = (stage, fraction) => context.onStage(stage, Math.min(0.99, base + share * fraction));
    files = await runStep(deps, { batch, item, step, index, dir }, files, { ...context, onStage });
    if (index === 0 && item.path !== '') await checkSource(item);
    const results = isLast ? files.filter((file) => file.step >= 0 && !file.saved) : [];
    const kept =
      !isLast && step.keep
        ? await copyForSaving(
            save,
            files.filter((file) => file.step === index),
            index,
          )
        : [];
    const next = kept.length > 0 ? files.map((file) => (file.step === index ? { ...file, saved: true } : file)) : files;
    files = next;
    journal.transaction(() => {
      journal.items.saveStep(item.id, index, next);
      recordSealed(save, isLast ? results : kept, index, hash);
    });
    if (kept.length > 0) {
      if (!(await commitSealed({ journal, batch, item }))) throw new AppError('output.writeFailed', 'a kept file disappeared');
      context.onResults();
    }
    before += WEIGHT[step.verb];
  }
}

type StepTask = { readonly batch: BatchRow; readonly item: ItemRow; readonly step: Step; readonly index: number; readonly dir: string };

/** One step on all files that reached it; files that it doesn't work on pass unchanged, in their places. */
async function runStep(deps: ItemDeps, task: StepTask, files: readonly StepFile[], context: ItemContext): Promise<StepFile[]> {
  // What was asked for belongs to the first step, whatever the kind of its source.
  const isAsked = task.index === 0 && task.item.ask !== null;
  const works = files.map((file, place) => isMedia(file) && (isAsked || stepApplies(task.step, file.kind, place, deps.cloud.models())));
  const jobs = works.filter(Boolean).length;
  const fractions = new Map<number, number>();
  const report = (place: number, stage: ItemView['stage'], fraction: number): void => {
    fractions.set(place, fraction);
    let sum = 0;
    for (const value of fractions.values()) sum += value;
    context.onStage(stage, sum / Math.max(1, jobs));
  };
  const one = async (file: StepFile, place: number): Promise<StepFile[]> => {
    if (works[place] !== true || !isMedia(file)) return [file];
    return task.step.verb === 'generate'
      ? await cloudJob(deps, task, task.step, file, place, context, report)
      : await localJob(deps, task, task.step, file, place, context, report);
  };
  if (task.step.verb === 'generate') {
    // All are awaited, so that nothing goes on behind the back of an item that has failed.
    const settled = await Promise.allSettled(files.map(one));
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  }
  const made: StepFile[] = [];
  for (const [place, file] of files.entries()) made.push(...(await one(file, place)));
  return made;
}

type Report = (place: number, stage: ItemView['stage'], fraction: number) => void;

async function localJob(
  deps: ItemDeps,
  { item, index, dir }: StepTask,
  step: Exclude<Step, { verb: 'generate' }>,
  file: MediaStepFile,
  place: number,
  context: ItemContext,
  report: Report,
): Promise<StepFile[]> {
  return await deps.lanes.local.use(context.signal, async () => {
    report(place, step.verb, 0);
    const started = performance.now();
    const isLikeSource = file.kind === item.kind;
    const made = await runLocalStep(deps.engine, step, index, file, tempPlace(dir, item, index, place), {
      signal: context.signal,
      onProgress: (fraction) => report(place, step.verb, fraction),
      durationMs: item.durationMs,
      megapixels: item.megapixels,
      original: item.path,
    });
    report(place, step.verb, 1);
    const measured = {
      kind: file.kind,
      sizeBytes: file.sizeBytes,
      durationMs: isLikeSource ? item.durationMs : null,
      megapixels: isLikeSource ? item.megapixels : null,
    };
    const units = workUnits(measured);
    deps.journal.knowledge.learn({
      verb: step.verb,
      kind: file.kind,
      format: file.format,
      shape: shapeOf(step),
      size: sizeOf(units),
      units: units * passes(step),
      ms: performance.now() - started,
      bytesIn: file.sizeBytes * times(step),
      bytesOut: made.reduce((sum, one) => sum + one.sizeBytes, 0),
    });
    deps.usage.count(step.verb, file.kind, file.sizeBytes);
    return made;
  });
}

async function cloudJob(
  deps: ItemDeps,
  task: StepTask,
  step: Extract<Step, { verb: 'generate' }>,
  file: MediaStepFile,
  place: number,
  context: ItemContext,
  report: Report,
): Promise<StepFile[]> {
  report(place, 'waiting', 0);
  return await deps.lanes.cloud.use(context.signal, () =>
    runCloudStep(deps, { ...task, step }, file, place, {
      signal: context.signal,
      onStage: (stage, fraction) => report(place, stage, fraction),
      onText: context.onText,
      onWaiting: context.onWaiting,
    }),
  );
}
