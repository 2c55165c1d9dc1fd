import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { exiftoolPath } from 'exiftool-vendored';

const run = promisify(execFile);

/** What ExifTool itself says about one file, by `Group:Name`. */
export type Printed = {
  /** Values as printed (`-j -G1 -a -u -struct`), numbers letter for letter. */
  readonly values: ReadonlyMap<string, string>;
  /** Machine values (the same with `-n`). */
  readonly raw: ReadonlyMap<string, string>;
  /** How many lines each name has in `-G1 -a -u -s`; JSON shows a repeated name only once. */
  readonly lines: ReadonlyMap<string, number>;
};

class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function text(value: unknown): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value))
    return value.some((one) => typeof one === 'object' && !(one instanceof Digits)) ? whole(value) : value.map(text).join(', ');
  return typeof value === 'object' && value !== null ? whole(value) : String(value);
}

/** A structure as JSON, its numbers as numbers again. */
function whole(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (one instanceof Digits ? Number(one.text) : one));
}

const keepDigits = ((_key: string, value: unknown, { source }: { source?: string }) =>
  typeof value === 'number' ? new Digits(source ?? String(value)) : value) as (this: unknown, key: string, value: unknown) => unknown;

async function json(files: readonly string[], args: readonly string[]): Promise<Map<string, string>[]> {
  const { stdout } = await run(await exiftoolPath(), ['-j', '-G1', '-a', '-u', '-struct', ...args, ...files], {
    maxBuffer: 256 * 1024 * 1024,
  }).catch(ignoreExitCode);
  const parsed = JSON.parse(stdout, keepDigits) as Record<string, unknown>[];
  return parsed.map((tags) => new Map(Object.entries(tags).map(([key, value]) => [key, text(value)])));
}

/** ExifTool ends with 1 when one of the files is damaged; what it printed counts. */
function ignoreExitCode(thrown: unknown): { stdout: string } {
  if (thrown instanceof Error && 'stdout' in thrown && typeof thrown.stdout === 'string' && thrown.stdout !== '')
    return { stdout: thrown.stdout };
  throw thrown;
}

async function countLines(files: readonly string[]): Promise<Map<string, number>[]> {
  const { stdout } = await run(await exiftoolPath(), ['-G1', '-a', '-u', '-s', ...files], { maxBuffer: 256 * 1024 * 1024 }).catch(
    ignoreExitCode,
  );
  // With a single file there is no line that names it.
  const counts: Map<string, number>[] = files.length === 1 ? [new Map()] : [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith('======== ')) counts.push(new Map());
    const [, group, name] = /^\[([^\]]+)\]\s+(\S+)\s*:/.exec(line) ?? [];
    const key = `${group}:${name}`;
    if (name !== undefined) counts.at(-1)?.set(key, (counts.at(-1)?.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Asks ExifTool about files in three runs: independent of everything that the engine does with it. */
export async function askPrinted(files: readonly string[]): Promise<Map<string, Printed>> {
  const [values, raw, lines] = [await json(files, []), await json(files, ['-n']), await countLines(files)];
  return new Map(
    files.map((file, at) => {
      const none = new Map<string, never>();
      return [file, { values: values[at] ?? none, raw: raw[at] ?? none, lines: lines[at] ?? none }];
    }),
  );
}
