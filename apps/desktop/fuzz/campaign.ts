import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, ERROR_CODES } from '@pingplex/shared/errors';
import { createEngineHost } from '../src/main/engine-host/index.ts';
import { silentLogger } from '../src/main/logging/logger-port.ts';
import type { Seed } from './corpus.ts';
import { type Execution, executionOf, jobOf } from './execution.ts';
import { ProcessWatch } from './watch.ts';

const ENGINE_ENTRY = path.join(import.meta.dirname, '../src/engine/main.ts');
/** Deadline of one execution; the host kills its worker then. */
const DEADLINE_MS = 20_000;
/** How much later than its deadline an execution may end, for the kill and its news to arrive. */
const GRACE_MS = 5_000;
/** Starting a worker costs as much as a thousand quick inspections, so it lives longer than in the app, and still not for ever. */
const JOBS_PER_WORKER = 2_000;
const LOOK_EVERY_MS = 1000;
/** Codes that say that a worker had to be ended or ended by itself. */
const KILLS = new Set(['engine.crashed', 'engine.timedOut', 'engine.memory']);

export type CampaignOptions = {
  readonly corpus: readonly Seed[];
  readonly seed: number;
  readonly executions: number;
  /** First execution; the others follow. */
  readonly from?: number;
  /** Ends the campaign early, after so long. */
  readonly maxMs?: number;
  readonly workers: number;
  /** An empty folder; everything happens in it. */
  readonly root: string;
  readonly onProgress?: (done: number) => void;
  /** Told at once, so that a campaign that is cut short loses nothing. */
  readonly onFinding?: (finding: Finding) => void;
  /** Ends the campaign after what is under way; its summary is then that of what was done. */
  readonly signal?: AbortSignal;
};

/** Something that must not happen, with what is needed to see it again. */
export type Finding = {
  readonly n: number;
  readonly what: 'badCode' | 'late' | 'sourceChanged' | 'leftover' | 'killed' | 'noOutput';
  readonly detail: string;
  readonly verb: string;
  readonly source: string;
  readonly how: readonly string[];
};

export type Summary = {
  readonly seed: number;
  readonly seeds: number;
  readonly executions: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Verb → outcome or error code → how often. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** "verb code" → the first execution that ended so, and its message. */
  readonly examples: Readonly<Record<string, { readonly n: number; readonly message: string }>>;
  readonly slowestMs: number;
  readonly workers: number;
  /** Largest resident memory of any engine process, ExifTool included; null where the system doesn't tell. */
  readonly peakRssBytes: number | null;
  readonly processLooks: number;
  readonly filesOutside: readonly string[];
  readonly internetSockets: readonly string[];
  readonly findings: readonly Finding[];
};

type Answer = { readonly code: string; readonly message: string; readonly tookMs: number };

/** Whether a user may be shown this code for a broken file. */
function isNamed(code: string): boolean {
  return (
    code === 'ok' ||
    (Object.hasOwn(ERROR_CODES, code) && /^(file|engine|output)\./.test(code) && code !== 'engine.usage' && code !== 'engine.unavailable')
  );
}

/**
 * Changes good files and lets the engine inspect, draw and clean them, in worker processes under the app's own supervision.
 * The same seed makes the same executions.
 */
export async function runCampaign(options: CampaignOptions): Promise<Summary> {
  const { corpus, seed, root, from = 0 } = options;
  const input = path.join(root, 'in');
  const output = path.join(root, 'out');
  const temp = path.join(root, 'tmp');
  for (const dir of [input, output, temp]) await mkdir(dir, { recursive: true });
  const kept = process.env['TMPDIR'];
  process.env['TMPDIR'] = temp;
  const host = createEngineHost({
    nodeBinary: process.execPath,
    entry: ENGINE_ENTRY,
    workers: options.workers,
    logger: silentLogger,
    limits: { jobsPerWorker: JOBS_PER_WORKER },
  });
  const watch = new ProcessWatch(root, () => host.pids());
  const findings: Finding[] = [];
  const outcomes: Record<string, Record<string, number>> = {};
  const examples: Record<string, { n: number; message: string }> = {};
  const started = performance.now();
  let slowestMs = 0;
  let next = from;
  let done = 0;

  async function ask(execution: Execution, file: string): Promise<Answer> {
    const begun = performance.now();
    const answer = await host.run(jobOf(execution, file, output), { deadlineMs: DEADLINE_MS }).then(
      () => ({ code: 'ok', message: '' }),
      (thrown: unknown) => ({
        code: thrown instanceof AppError ? thrown.code : 'not an AppError',
        message: thrown instanceof Error ? thrown.message : String(thrown),
      }),
    );
    return { ...answer, tookMs: performance.now() - begun };
  }

  async function check(execution: Execution, file: string, { code, message, tookMs }: Answer): Promise<void> {
    const { n, verb, seed: source, how } = execution;
    const tell = (what: Finding['what'], detail: string): void => {
      const finding = { n, what, detail: detail.slice(0, 300), verb, source: source.name, how };
      findings.push(finding);
      options.onFinding?.(finding);
    };
    const codes = outcomes[verb] ?? {};
    outcomes[verb] = { ...codes, [code]: (codes[code] ?? 0) + 1 };
    if (code !== 'ok') examples[`${verb} ${code}`] ??= { n, message: message.slice(0, 300) };
    slowestMs = Math.max(slowestMs, tookMs);
    if (!isNamed(code)) tell('badCode', `${code}: ${message}`);
    if (KILLS.has(code)) tell('killed', `${code}: ${message}`);
    // Two in the queue of one worker wait for each other; a crash is tried twice.
    if (tookMs > 4 * DEADLINE_MS + GRACE_MS) tell('late', `${Math.round(tookMs)} ms`);
    if (!(await readFile(file)).equals(execution.bytes)) tell('sourceChanged', file);
    const stem = `.pingplex-fuzz-${n}-`;
    const written = (await readdir(output)).filter((name) => name.startsWith(stem));
    const expected = code === 'ok' && (verb === 'clean' || verb === 'thumbnail') ? 1 : 0;
    if (written.length > expected) tell('leftover', written.join(', '));
    if (written.length < expected) tell('noOutput', 'it answered well and wrote nothing');
    for (const name of written) await rm(path.join(output, name), { force: true });
    await rm(file, { force: true });
  }

  const isTime = (): boolean => performance.now() - started < (options.maxMs ?? Number.POSITIVE_INFINITY);
  async function work(): Promise<void> {
    while (next < from + options.executions && isTime() && options.signal?.aborted !== true) {
      const execution = executionOf(corpus, seed, next);
      next += 1;
      const file = path.join(input, `${execution.n}${execution.ext}`);
      await writeFile(file, execution.bytes);
      await check(execution, file, await ask(execution, file));
      done += 1;
      options.onProgress?.(done);
    }
  }

  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      await watch.look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  try {
    // One more in flight than workers: the next file is written while the others are read.
    await Promise.all(Array.from({ length: options.workers + 1 }, work));
    await watch.look();
  } finally {
    isOver = true;
    await watching;
    await host.close();
    if (kept === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = kept;
  }
  const strays = [input, output, temp].map(async (dir) => (await readdir(dir)).map((name) => path.join(dir, name)));
  const seconds = (performance.now() - started) / 1000;
  return {
    seed,
    seeds: corpus.length,
    executions: done,
    seconds: round(seconds),
    perSecond: round(done / seconds),
    outcomes,
    examples,
    slowestMs: Math.round(slowestMs),
    workers: options.workers,
    peakRssBytes: watch.looks > 0 ? watch.peakBytes : null,
    processLooks: watch.looks,
    filesOutside: [...watch.outside, ...(await Promise.all(strays)).flat()],
    internetSockets: [...watch.sockets],
    findings: findings.sort((a, b) => a.n - b.n),
  };
}

const round = (value: number): number => Number(value.toFixed(1));
