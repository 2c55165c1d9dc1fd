import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Model, Wallet } from '@pingplex/shared/contracts/http';
import type { Estimate, IpcParsed, PlanFinding } from '@pingplex/shared/contracts/ipc';
import { type ConflictRule, checkName, checkTemplate, isCloudStep, type NameFinding, type Step } from '@pingplex/shared/domain';
import { AppError, toAppError } from '@pingplex/shared/errors';
import { checkFolder, foldName, freeBytes } from '../../output/index.ts';
import type { Ask, BatchOutcome, Speed } from '../db/index.ts';
import { priceFor } from '../generations/index.ts';
import { localDay, placeKey, planItem, resultName, subfolderOf } from './plan.ts';
import type { SourceFile } from './ports.ts';
import { type SpeedBook, speedBook } from './speed-book.ts';
import { addJob, NO_WORK, type TimeRange, timeRange, type Work } from './time-range.ts';
import { workUnits } from './work-units.ts';

export type EstimateInput = {
  readonly sources: readonly SourceFile[];
  /** Ids that led to no file. */
  readonly missing: number;
  readonly steps: readonly Step[];
  readonly output: IpcParsed<'batches.estimate'>['output'];
  /** Absolute; null while none was chosen. */
  readonly folder: string | null;
  /** What each source's item asks for in the first step, with its place in the list that it came from. */
  readonly asks?: readonly { readonly ask: Ask; readonly position: number; readonly credits: number }[];
};
export type EstimateFacts = {
  readonly models: readonly Model[];
  readonly wallet: Wallet | null;
  readonly isSignedIn: boolean;
  readonly isKeychainLocked: boolean;
  readonly learned: readonly Speed[];
  readonly outcomes: readonly BatchOutcome[];
  /** How much longer work takes because others use the machine too; 1 on a quiet one. */
  readonly slowdown: number;
  readonly workers: number;
  readonly cloudLane: number;
  readonly now: number;
};
/** What one source will cost, beside the estimate of the whole. */
type PlannedItem = { readonly source: SourceFile; readonly subfolder: string; readonly workMs: number; readonly names: readonly string[] };
export type PlanResult = { readonly estimate: Estimate; readonly range: TimeRange; readonly items: readonly PlannedItem[] };

const NAMES_SHOWN = 200;
/** Sources that are planned at a stretch before main gets a breath: a few milliseconds. */
const PORTION = 250;
const FINDINGS_PER_KIND = 20;
/** Stays free for the system and for the journal. */
const RESERVE_BYTES = 200 * 1024 * 1024;

/** Collects findings, a few of each kind: ten thousand equal complaints help nobody. */
function findingList() {
  const list: PlanFinding[] = [];
  const seen = new Map<string, number>();
  const add = (kind: string, finding: PlanFinding): void => {
    const n = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, n);
    if (n <= FINDINGS_PER_KIND) list.push(finding);
  };
  return {
    list,
    error: (place: PlanFinding['place'], error: AppError, level: PlanFinding['level'] = 'error'): void =>
      add(`${place} ${error.code}`, { level, place, error: error.toData() }),
    name: (name: NameFinding, level: PlanFinding['level']): void => add(`name ${name.code}`, { level, place: 'template', name }),
  };
}
type Findings = ReturnType<typeof findingList>;

function checkSteps(input: EstimateInput, facts: EstimateFacts, sends: number, findings: Findings): number {
  let credits = 0;
  for (const step of input.steps) {
    if (step.verb !== 'generate') continue;
    const model = facts.models.find((one) => one.id === step.modelId);
    if (model === undefined) {
      const code = facts.models.length === 0 ? 'network.offline' : 'generation.modelUnknown';
      findings.error('steps', new AppError(code, `model ${step.modelId} is not known`, { params: { modelId: step.modelId } }));
      continue;
    }
    if (!model.available) findings.error('steps', new AppError('generation.modelUnavailable', model.id, { params: { modelId: model.id } }));
    if (input.asks !== undefined) continue;
    if (step.prompt.length > model.limits.maxPromptChars) {
      findings.error('steps', new AppError('generation.settingsInvalid', 'the prompt is too long', { field: 'prompt' }));
    }
    try {
      credits += priceFor(model, step.settings).credits;
    } catch (thrown) {
      findings.error('steps', toAppError(thrown));
    }
  }
  if (!input.steps.some(isCloudStep) || sends === 0) return credits;
  if (facts.isKeychainLocked) findings.error('account', new AppError('keychain.locked', 'the keychain does not open'));
  else if (!facts.isSignedIn) findings.error('account', new AppError('auth.required', 'cloud steps need an account'));
  return credits;
}

async function existingNames(folder: string, subfolders: ReadonlySet<string>): Promise<Set<string>> {
  const found = new Set<string>();
  for (const subfolder of subfolders) {
    const names = await readdir(join(folder, subfolder)).catch(() => []);
    for (const name of names) found.add(placeKey(subfolder, name));
  }
  return found;
}

type Totals = { results: number; bytes: number; local: Work; cloud: Work; isMeasured: boolean; sends: number };

function addWork(totals: Totals, source: SourceFile, plan: ReturnType<typeof planItem>, book: SpeedBook): number {
  const { summary } = source;
  const units = workUnits({
    kind: source.kind,
    sizeBytes: source.sizeBytes,
    durationMs: summary?.durationMs ?? null,
    megapixels: megapixelsOf(source),
  });
  let workMs = 0;
  let ratio = 1;
  for (const job of plan.jobs) {
    const speed = book(job.step, job.kind, job.format, units);
    workMs += speed.ms;
    ratio = Math.max(ratio, speed.bytesRatio);
    if (!speed.isMeasured) totals.isMeasured = false;
    if (job.step.verb === 'generate') totals.cloud = addJob(totals.cloud, speed);
    else totals.local = addJob(totals.local, speed);
  }
  totals.results += plan.results.length;
  totals.bytes += Math.round(plan.results.length * source.sizeBytes * ratio);
  totals.sends += plan.sends;
  return workMs;
}

/** Millions of pixels of a picture or a frame, when the inspection said so. */
export function megapixelsOf(source: Pick<SourceFile, 'summary'>): number | null {
  const { width, height } = source.summary ?? {};
  return width === undefined || height === undefined ? null : (width * height) / 1e6;
}

/** Results that share a name lose each other under `skip` and `replace`; under `number` they only get numbers. */
const collisionLevel = (rule: ConflictRule): PlanFinding['level'] => (rule === 'number' ? 'warning' : 'error');

async function checkNames(
  input: EstimateInput,
  items: readonly { readonly source: SourceFile; readonly subfolder: string; readonly names: readonly string[] }[],
  findings: Findings,
): Promise<void> {
  const seen = new Set<string>();
  const collided = new Set<string>();
  const sources = new Set(input.folder === null ? [] : items.map(({ source }) => foldName(source.path)));
  for (const [position, { subfolder, names }] of items.entries()) {
    if (position % PORTION === PORTION - 1) await breathe();
    for (const name of names) {
      const key = placeKey(subfolder, name);
      if (seen.has(key) && !collided.has(key)) {
        collided.add(key);
        findings.name({ code: 'collision', what: name }, collisionLevel(input.output.conflict));
      }
      seen.add(key);
      for (const finding of checkName(name)) findings.name(finding, 'error');
      if (input.folder !== null && sources.has(foldName(join(input.folder, subfolder, name)))) {
        findings.name({ code: 'sameAsSource', what: name }, collisionLevel(input.output.conflict));
      }
    }
  }
}

/**
 * Works everything out before the run: names, space, time and credits. Touches no media; reads the target folders once.
 * @returns the estimate and the items that a run would write down
 */
export async function planBatch(input: EstimateInput, facts: EstimateFacts): Promise<PlanResult> {
  const findings = findingList();
  const book = speedBook(facts.learned, facts.slowdown);
  const totals: Totals = { results: 0, bytes: 0, local: NO_WORK, cloud: NO_WORK, isMeasured: true, sends: 0 };
  const date = localDay(facts.now);
  if (input.sources.length === 0) findings.error('files', new AppError('batch.nothingToDo', 'no files'));
  if (input.missing > 0)
    findings.error(
      'files',
      new AppError('file.notFound', `${input.missing} files are gone`, { params: { count: input.missing } }),
      'warning',
    );
  const template = checkTemplate(input.output.template);
  for (const finding of template) findings.name(finding, 'error');

  const items: PlannedItem[] = [];
  for (const [position, source] of input.sources.entries()) {
    if (position % PORTION === PORTION - 1) await breathe();
    const asked = input.asks?.[position];
    const plan = planItem(source, input.steps, facts.models, asked?.ask ?? null);
    const workMs = addWork(totals, source, plan, book);
    // While planning, the position stands in for the hash: as long, and as different from file to file.
    const context = {
      template: input.output.template,
      date,
      hash: position.toString(16).padStart(8, '0'),
      index: (asked?.position ?? position) + 1,
    };
    const names =
      template.length > 0 ? [] : plan.results.map((file, n) => resultName(context, source.name, { ...file, verb: file.verb ?? '' }, n + 1));
    items.push({ source, subfolder: subfolderOf(source, input.output.keepTree), workMs, names });
  }
  if (input.sources.length > 0 && totals.results === 0)
    findings.error('steps', new AppError('batch.nothingToDo', 'no step works on these files'));
  await checkNames(input, items, findings);

  const perSend = checkSteps(input, facts, totals.sends, findings);
  const credits =
    input.asks?.reduce((sum, { credits: own }) => sum + own, 0) ?? creditsOf(input, facts, perSend, totals.sends, items.length);
  const available = facts.wallet?.available ?? null;
  if (available !== null && credits > available) {
    findings.error('credits', new AppError('credits.insufficient', 'not enough credits', { params: { needed: credits, available } }));
  }
  const free = await checkDisk(input, items, totals.bytes, findings);
  const places = { local: Math.min(facts.workers, items.length), cloud: facts.cloudLane };
  const range = timeRange(totals.local, totals.cloud, places, totals.isMeasured, facts.outcomes);
  const estimate: Estimate = {
    items: items.length,
    results: totals.results,
    bytes: totals.bytes,
    freeBytes: free,
    timeMs: {
      low: Math.round(range.low),
      high: Math.round(range.high),
      basis: totals.isMeasured && items.length > 0 ? 'measured' : 'typical',
    },
    credits,
    walletAfter: available === null ? null : available - credits,
    names: items.flatMap((item) => item.names).slice(0, NAMES_SHOWN),
    findings: findings.list,
  };
  return { estimate, range, items };
}

/** Every cloud step has its own price; a file that passes a step doesn't pay for it. */
function creditsOf(input: EstimateInput, facts: EstimateFacts, perSend: number, sends: number, items: number): number {
  if (perSend === 0 || items === 0) return 0;
  const cloud = input.steps.filter(isCloudStep);
  if (cloud.length === 1) return perSend * sends;
  let credits = 0;
  for (const source of input.sources) {
    for (const job of planItem(source, input.steps, facts.models).jobs) {
      if (job.step.verb !== 'generate') continue;
      const { step } = job;
      const model = facts.models.find((one) => one.id === step.modelId);
      try {
        credits += model === undefined ? 0 : priceFor(model, step.settings).credits;
      } catch {
        // Said already by the check of the steps.
      }
    }
  }
  return credits;
}

async function checkDisk(
  input: EstimateInput,
  items: readonly { readonly subfolder: string; readonly names: readonly string[] }[],
  bytes: number,
  findings: Findings,
): Promise<number | null> {
  if (input.folder === null) {
    findings.error('output', new AppError('output.folderMissing', 'no output folder was chosen'));
    return null;
  }
  try {
    await checkFolder(input.folder);
    const free = await freeBytes(input.folder);
    if (bytes + RESERVE_BYTES > free) {
      const error = new AppError('output.diskFull', 'not enough space', { params: { neededBytes: bytes, freeBytes: free } });
      findings.error('disk', error, bytes > free ? 'error' : 'warning');
    }
    const existing = await existingNames(input.folder, new Set(items.map((item) => item.subfolder)));
    if (existing.size > 0) {
      let taken = 0;
      for (const { subfolder, names } of items) for (const name of names) if (existing.has(placeKey(subfolder, name))) taken += 1;
      if (taken > 0)
        findings.error('output', new AppError('output.nameTaken', `${taken} names are taken`, { params: { count: taken } }), 'warning');
    }
    return free;
  } catch (thrown) {
    findings.error('output', toAppError(thrown));
    return null;
  }
}
