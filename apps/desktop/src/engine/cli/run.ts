import { mkdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { EngineVerb, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { type AppError, toAppError } from '@pingplex/shared/errors';
import { commitFile, hashFile, outputError, removeLeftovers, safeFileName, splitName } from '../../output/index.ts';
import { ENGINE_VERSION } from '../version.ts';
import { type Command, type Parsed, parseCommand } from './args.ts';
import type { linesFor, Place } from './lines.ts';
import { listEncoders } from './list-encoders.ts';
import { type Printer, printerFor } from './printer.ts';
import { type Task, toTasks } from './to-jobs.ts';
import { USAGE } from './usage.ts';
import { CliWorker } from './worker.ts';

const BASE_DEADLINE_MS = 60_000;
const HEAVY_DEADLINE_MS = 10 * 60_000;
const MS_PER_MEGABYTE = 20_000;
const HEAVY: ReadonlySet<EngineVerb> = new Set(['clean', 'convert', 'unicalize', 'preview', 'compare', 'verify']);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Terminals act on control characters in names; a log line should stay one line. */
const quiet = (file: string) => file.replace(/\p{Cc}/gu, '?');

function placeFor(task: Task, outDir: string): Place {
  return async (file, suffix) => {
    const { stem } = splitName(basename(task.source));
    const expectedSha256 = file.sha256 ?? (await hashFile(file.tempPath)).sha256;
    const { path } = await commitFile({
      tempPath: file.tempPath,
      dir: outDir,
      name: safeFileName(`${stem}${suffix}`, file.ext),
      rule: 'number',
      expectedSha256,
      sources: [task.source],
    });
    return path;
  };
}

async function deadline(task: Task): Promise<number> {
  if (!HEAVY.has(task.job.verb)) return BASE_DEADLINE_MS;
  const facts = await stat(task.source).catch(() => undefined);
  return HEAVY_DEADLINE_MS + ((facts?.size ?? 0) / 1e6) * MS_PER_MEGABYTE;
}

async function doTask(worker: CliWorker, task: Task, printer: Printer, outDir: string): Promise<boolean> {
  let shown = 0;
  try {
    const outcome = await worker.run(task.job, {
      deadlineMs: await deadline(task),
      onProgress: (fraction) => {
        const tenth = Math.floor(fraction * 10);
        if (tenth > shown && tenth < 10) say(`${quiet(task.file)}: ${tenth * 10} %`);
        shown = Math.max(shown, tenth);
      },
    });
    const done = { verb: task.job.verb, outcome: outcome as OutcomeOf<EngineVerb> } as Parameters<typeof linesFor>[0];
    await printer.done(task, done, placeFor(task, outDir));
    say(`${quiet(task.file)}: done`);
    return true;
  } catch (thrown) {
    const error = toAppError(thrown);
    await printer.failed(task, error);
    say(`${quiet(task.file)}: ${error.code}: ${quiet(error.message)}`);
    return false;
  } finally {
    if ('temp' in task.job) await removeLeftovers(outDir, task.job.temp.stem).catch(() => undefined);
  }
}

async function prepare(outDir: string): Promise<AppError | undefined> {
  try {
    await mkdir(outDir, { recursive: true });
    return undefined;
  } catch (thrown) {
    return outputError(thrown, 'output folder');
  }
}

async function runAll(command: Command): Promise<number> {
  const outDir = 'out' in command ? resolve(command.out) : '';
  const tasks = toTasks(command, outDir);
  const printer = printerFor(command);
  const refused = outDir === '' ? undefined : await prepare(outDir);
  await printer.begin();
  if (refused) {
    for (const task of tasks) await printer.failed(task, refused);
    await printer.end();
    say(refused.message);
    return 1;
  }
  const queue = tasks.values();
  const workers = Array.from({ length: Math.min(command.jobs ?? availableParallelism(), tasks.length) }, () => new CliWorker());
  const stop = () => {
    for (const worker of workers) worker.kill();
    void Promise.all(tasks.map((task) => ('temp' in task.job ? removeLeftovers(outDir, task.job.temp.stem) : undefined))).finally(() =>
      process.exit(130),
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  let failed = 0;
  await Promise.all(
    workers.map(async (worker) => {
      for (const task of queue) if (!(await doTask(worker, task, printer, outDir))) failed += 1;
      worker.end();
    }),
  );
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  await printer.end();
  say(`${tasks.length - failed} done, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/**
 * Runs the command line.
 * @param argv words after the program's name
 * @returns exit code: 0 all well, 1 some file failed, 2 wrong usage
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough (`| head`) closes the pipe; that is no error of ours.
  process.stdout.on('error', () => process.exit(0));
  let parsed: Parsed;
  try {
    parsed = parseCommand(argv);
  } catch (thrown) {
    const error = toAppError(thrown);
    say(`${error.code}: ${error.message}\nSee --help.`);
    return error.code === 'engine.usage' ? 2 : 1;
  }
  if (parsed.verb === 'help') process.stdout.write(USAGE);
  else if (parsed.verb === 'version') process.stdout.write(`${ENGINE_VERSION}\n`);
  else if (parsed.verb === 'encoders') await listEncoders();
  else return runAll(parsed);
  return 0;
}
