import { once } from 'node:events';
import type { InspectOutcome, Tag } from '@pingplex/shared/contracts/engine';
import type { AppError } from '@pingplex/shared/errors';
import { diffTags, EXPORTERS, type Exporter, fullKey } from '@pingplex/shared/metadata';
import type { Command } from './args.ts';
import { failureLine, type Line, linesFor, type Place } from './lines.ts';
import type { Task } from './to-jobs.ts';

type Done = Parameters<typeof linesFor>[0];

/** Writes answers to standard output as they come. A slow reader slows the work down instead of filling the memory. */
export type Printer = {
  readonly begin: () => Promise<void>;
  readonly done: (task: Task, done: Done, place: Place) => Promise<void>;
  readonly failed: (task: Task, error: AppError) => Promise<void>;
  readonly end: () => Promise<void>;
};

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

const writeLine = (line: Line) => write(`${JSON.stringify(line)}\n`);
const nothing = () => Promise.resolve();

/** One JSON object per line, for every verb whose answers stand alone. */
function linePrinter(second: string | undefined): Printer {
  return {
    begin: nothing,
    done: async (task, done, place) => {
      for (const line of await linesFor(done, task.file, second, place)) await writeLine(line);
    },
    failed: (task, error) => writeLine(failureLine(task.file, error)),
    end: nothing,
  };
}

function exportPrinter({ head, item, tail }: Exporter): Printer {
  let count = 0;
  const next = (one: Parameters<Exporter['item']>[0]) => {
    count += 1;
    return write(item(one, count - 1));
  };
  return {
    begin: () => write(head),
    done: (task, done) => (done.verb === 'inspect' ? next({ file: task.file, outcome: done.outcome }) : nothing()),
    failed: (task, error) => next({ file: task.file, error: error.toData() }),
    end: () => write(tail),
  };
}

const valuesOf = (tags: readonly Tag[]) => Object.fromEntries(tags.map((tag) => [fullKey(tag), tag.value]));

/** Two inspections become one line that says what differs. */
function diffPrinter([a = '', b = '']: readonly string[]): Printer {
  const outcomes = new Map<number, InspectOutcome>();
  return {
    begin: nothing,
    done: async (task, done) => {
      if (done.verb === 'inspect') outcomes.set(task.number, done.outcome);
      await nothing();
    },
    failed: (task, error) => writeLine(failureLine(task.file, error)),
    end: async () => {
      const [first, second] = [outcomes.get(0), outcomes.get(1)];
      if (!first || !second) return;
      const { onlyInA, onlyInB, changed, same } = diffTags(first.tags, second.tags);
      await writeLine({
        file: a,
        other: b,
        same,
        onlyInFile: valuesOf(onlyInA),
        onlyInOther: valuesOf(onlyInB),
        changed: Object.fromEntries(changed.map((change) => [change.key, [change.a.value, change.b.value]])),
      });
    },
  };
}

/** How the answers of a command are written. */
export function printerFor(command: Command): Printer {
  if (command.verb === 'inspect') return exportPrinter(EXPORTERS[command.format]);
  return command.verb === 'diff' ? diffPrinter(command.files) : linePrinter(command.files[1]);
}
