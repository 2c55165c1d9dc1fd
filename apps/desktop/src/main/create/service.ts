import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { GenerationRequest, type Model } from '@pingplex/shared/contracts/http';
import type {
  CreateAgain,
  CreateCheck,
  HistoryQuery,
  IpcOutput,
  IpcParsed,
  MadePicture,
  PromptTable,
  RowProblem,
  SourceView,
} from '@pingplex/shared/contracts/ipc';
import { type BatchId, GenerateStep, type ItemId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { AskedBatches, AskedItem, AskedRun } from '../batches/index.ts';
import type { Ask, ItemRow, Journal } from '../db/index.ts';
import { checkRow, type FilePort, type WorkspaceFile } from './check.ts';
import { type FetchPorts, fetchAgain, readHistory } from './history.ts';
import { MadePictures } from './made.ts';
import { readPromptTable } from './table.ts';

export type CreateOptions = {
  readonly journal: Journal;
  readonly batches: AskedBatches;
  readonly models: () => readonly Model[];
  readonly refreshModels: () => Promise<readonly Model[]>;
  readonly files: { get(id: string): WorkspaceFile | undefined; all(): Iterable<WorkspaceFile> };
  readonly engine: { run<J extends EngineJob>(job: J): Promise<OutcomeOf<J['verb']>> };
  /** Folder for pictures that are made here. */
  readonly madeFolder: string;
  readonly fetch: FetchPorts;
  /** The output folder that is chosen now, absolute. */
  readonly outputFolder: () => string | null;
  readonly display: (path: string) => string;
};

type Order = IpcParsed<'create.check'>;
type Checked = { readonly model: Model; readonly run: AskedRun; readonly problems: RowProblem[]; readonly problemRows: number[] };

/** Rows that are checked at a stretch before main gets a breath. */
const PORTION = 200;
const PROBLEMS_SHOWN = 500;
/** A table is text for people; what is larger is no such thing. */
const TABLE_MAX_BYTES = 20_000_000;

export type CreateService = ReturnType<typeof createCreateService>;

/** What the Create screen asks of main: checks, runs, tables, pictures made here, history. */
export function createCreateService(options: CreateOptions) {
  const { journal, batches } = options;
  const made = new MadePictures({ folder: options.madeFolder, engine: options.engine });

  async function modelOf(id: string): Promise<Model> {
    const find = (models: readonly Model[]): Model | undefined => models.find((one) => one.id === id);
    const model = find(options.models()) ?? find(await options.refreshModels());
    if (model === undefined) throw new AppError('generation.modelUnknown', 'no such model', { params: { modelId: id } });
    return model;
  }

  function filePort(): FilePort {
    let byName: Map<string, WorkspaceFile[]> | undefined;
    return {
      get: (id) => options.files.get(id),
      made: (id) => made.get(id),
      named: (name) => {
        if (byName === undefined) {
          byName = new Map();
          for (const file of options.files.all()) {
            const key = file.view.name.toLowerCase();
            byName.set(key, [...(byName.get(key) ?? []), file]);
          }
        }
        return byName.get(name.toLowerCase()) ?? [];
      },
    };
  }

  async function check(order: Order): Promise<Checked> {
    const model = await modelOf(order.modelId);
    const files = filePort();
    const items: AskedItem[] = [];
    const problems: RowProblem[] = [];
    const problemRows: number[] = [];
    for (const [position, row] of order.rows.entries()) {
      if (position % PORTION === PORTION - 1) await breathe();
      const one = checkRow(model, order.settings, row, position, files);
      if (one.item !== null) items.push(one.item);
      else problemRows.push(position);
      if (problems.length < PROBLEMS_SHOWN) problems.push(...one.problems);
    }
    const step = GenerateStep.parse({
      verb: 'generate',
      modelId: model.id,
      prompt: (items[0]?.ask.prompt ?? '').slice(0, 1000) || '—',
      settings: order.settings,
    });
    const first = items[0]?.ask.prompt.replaceAll(/\s+/g, ' ').slice(0, 120) || model.label.en;
    return { model, run: { name: first, step, items, output: order.output }, problems, problemRows };
  }

  function againOf(
    modelId: string,
    prompt: string,
    settings: CreateAgain['settings'],
    ask: Ask | null,
    item: ItemRow | undefined,
  ): CreateAgain {
    const sources: SourceView[] = [];
    const missing: string[] = [];
    const wanted =
      ask?.sources ??
      (item === undefined || item.path === ''
        ? []
        : [{ role: 'image' as const, name: item.name, kind: item.kind, fileId: item.fileId, madeId: null, path: item.path }]);
    for (const { role, name, kind, fileId, madeId, path } of wanted) {
      const file = fileId === null ? undefined : (options.files.get(fileId) ?? [...options.files.all()].find((one) => one.path === path));
      if (file !== undefined) sources.push({ role, fileId: file.view.id, name, kind });
      else if (madeId !== null && made.get(madeId) !== undefined) sources.push({ role, madeId, name, kind });
      else missing.push(name);
    }
    return { modelId, prompt, settings, sources, missing };
  }

  return {
    start: () => made.start(new Set(journal.items.askedPaths())),
    madePath: (id: string): string | null => made.get(id)?.path ?? null,

    check: async (order: Order): Promise<CreateCheck> => {
      const { model, run, problems, problemRows } = await check(order);
      const { estimate, items } = await batches.plan(run);
      const rows: CreateCheck['rows'][number][] = order.rows.map(() => ({ credits: 0, name: '', source: null }));
      for (const [at, { position, credits, source }] of run.items.entries()) {
        rows[position] = { credits, name: items[at]?.names[0] ?? '', source: source.path === '' ? null : basename(source.path) };
      }
      return {
        rows,
        problems,
        problemRows,
        results: estimate.results,
        credits: estimate.credits,
        isExact: model.price.kind === 'perUnit',
        walletAfter: estimate.walletAfter,
        timeMs: estimate.timeMs,
        names: estimate.names,
        // That nothing is left to run is told by the rows.
        findings: estimate.findings.filter(({ error }) => problemRows.length === 0 || error?.code !== 'batch.nothingToDo'),
      };
    },

    run: async ({ leaveOut, ...order }: IpcParsed<'create.start'>): Promise<{ batchId: BatchId; rows: number }> => {
      const { run, problems, problemRows } = await check(order);
      if (problemRows.length > 0 && !leaveOut) {
        throw new AppError('request.invalid', `${problemRows.length} rows have problems`, { field: `rows.${problems[0]?.row ?? 0}` });
      }
      return { batchId: await batches.start(run), rows: run.items.length };
    },
    resume: (batchId: BatchId) => batches.resume(batchId),

    /** @throws AppError `file.*` */
    openTable: async (path: string): Promise<PromptTable> => {
      const facts = await stat(path).catch((cause: unknown) => {
        throw new AppError('file.notFound', 'the table is gone', { cause, params: { name: basename(path) } });
      });
      if (facts.size > TABLE_MAX_BYTES) throw new AppError('file.tooLarge', 'too large for a table', { params: { name: basename(path) } });
      return readPromptTable(await readFile(path, 'utf8'), basename(path));
    },
    readTable: (text: string): PromptTable => readPromptTable(text, null),

    takeFrame: (fileId: string, atMs: number): Promise<MadePicture> => {
      const file = options.files.get(fileId);
      if (file === undefined) throw new AppError('file.notFound', 'no media file with this id in the workspace');
      return made.takeFrame({ path: file.path, name: file.view.name }, atMs);
    },
    saveMask: (png: string): Promise<MadePicture> => made.saveMask(png),

    again: async (wanted: { readonly itemId: ItemId } | { readonly key: string }): Promise<CreateAgain> => {
      const call = 'key' in wanted ? journal.calls.get(wanted.key) : journal.calls.ofItem(wanted.itemId).at(-1);
      const item = journal.items.get('key' in wanted ? (call?.itemId ?? ('' as ItemId)) : wanted.itemId);
      if (call !== undefined) {
        const request = GenerationRequest.parse(JSON.parse(call.request));
        return againOf(request.modelId, request.prompt, request.settings, item?.ask ?? null, item);
      }
      const step = item === undefined ? undefined : journal.batches.get(item.batchId)?.steps.find(({ verb }) => verb === 'generate');
      if (step?.verb !== 'generate' || item === undefined) throw new AppError('request.notFound', 'nothing is known of this request');
      return againOf(step.modelId, item.ask?.prompt ?? step.prompt, { ...step.settings, ...item.ask?.settings }, item.ask, item);
    },

    history: (query: HistoryQuery) => readHistory(journal, query),
    fetchAgain: async (key: string): Promise<IpcOutput<'create.fetchAgain'>> => {
      const { saved, dir } = await fetchAgain(journal, key, options.outputFolder(), options.fetch);
      return { saved, displayFolder: options.display(dir) };
    },
  };
}
