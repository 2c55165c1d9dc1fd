import { join } from 'node:path';
import type { MediaFormat } from '@pingplex/shared/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { codeOf, media } from './helpers/cli.ts';
import { sharedMedia, tempFolder } from './helpers/context.ts';
import { markdownTable, writeDocTable } from './helpers/doc-table.ts';
import { askPrinted, type Printed } from './helpers/exiftool-printed.ts';

/**
 * What `media inspect` says against what ExifTool says when a user asks it for everything. The flags are `-a` (repeated names too), `-u`
 * (unknown tags too: Apple's maker notes hide a request ID there), `-G1` (the group is half of the name) and `-s` for the list, and `-j
 * -struct` beside it for whole structures. `-ee` is left out because a film
 * with a track of places has tens of thousands of values (the first 2000 are read), `-U` because it lists the bytes of binary tables.
 */
type Line = {
  readonly file: string;
  readonly format: MediaFormat;
  readonly tags: Readonly<Record<string, string>>;
  readonly raw: Readonly<Record<string, string | number | boolean>>;
  readonly sources: Readonly<Record<string, string>>;
};

type Score = { files: number; names: number; found: number; values: number; equal: number; rawValues: number; rawEqual: number };

/** Each reading sees its own last access, and permissions and such are the same for all. */
const VOLATILE = new Set(['SourceFile', 'System:FileAccessDate', 'System:FileInodeChangeDate']);
const LONGEST = 65_000;

const baseKey = (key: string) => key.replace(/:Copy\d+:/, ':');
const missed: string[] = [];

function score(line: Line, printed: Printed, into: Score): void {
  const ours = new Map<string, number>();
  for (const key of Object.keys(line.tags)) ours.set(baseKey(key), (ours.get(baseKey(key)) ?? 0) + 1);
  const wanted = new Map(printed.lines);
  for (const key of printed.values.keys()) if (!wanted.has(key)) wanted.set(key, 1);
  into.files += 1;
  for (const [key, count] of wanted) {
    if (key === 'SourceFile') continue;
    into.names += count;
    into.found += Math.min(count, ours.get(key) ?? 0);
    if ((ours.get(key) ?? 0) < count) missed.push(`${line.file} ${key}: ${ours.get(key) ?? 0} of ${count}`);
  }
  for (const [key, value] of printed.values) {
    if (VOLATILE.has(key) || value.length > LONGEST) continue;
    into.values += 1;
    if (line.tags[key] === value) into.equal += 1;
    else missed.push(`${line.file} ${key}: ${line.tags[key]} instead of ${value}`.slice(0, 300));
    const raw = printed.raw.get(key);
    if (raw === undefined || raw.length > LONGEST) continue;
    into.rawValues += 1;
    const our = line.raw[key] ?? line.tags[key];
    if (String(our) === raw || Number(our) === Number(raw)) into.rawEqual += 1;
    else missed.push(`${line.file} ${key} (raw): ${our} instead of ${raw}`.slice(0, 300));
  }
}

const share = (part: number, all: number) => (all === 0 ? '–' : (Math.floor((part / all) * 10_000) / 10_000).toFixed(4));

async function measure(files: readonly string[], cwd: string): Promise<Map<MediaFormat, Score>> {
  const result = await media(['inspect', ...files], cwd);
  const lines = result.lines.filter((line) => codeOf(line) === 'ok') as unknown as Line[];
  const printed = await askPrinted(lines.map((line) => line.file));
  const scores = new Map<MediaFormat, Score>();
  for (const line of lines) {
    const into = scores.get(line.format) ?? { files: 0, names: 0, found: 0, values: 0, equal: 0, rawValues: 0, rawEqual: 0 };
    scores.set(line.format, into);
    const known = printed.get(line.file);
    if (known) score(line, known, into);
    expect(Object.keys(line.sources).sort()).toEqual(Object.keys(line.tags).sort());
  }
  return new Map([...scores].sort(([a], [b]) => a.localeCompare(b)));
}

function table(scores: ReadonlyMap<MediaFormat, Score>): string {
  return markdownTable(
    ['format', 'files', 'tags of ExifTool', 'found', 'share', 'printed value equal', 'raw value equal'],
    [...scores].map(([format, s]) => [
      format,
      String(s.files),
      String(s.names),
      String(s.found),
      share(s.found, s.names),
      share(s.equal, s.values),
      share(s.rawEqual, s.rawValues),
    ]),
  );
}

function check(scores: ReadonlyMap<MediaFormat, Score>): void {
  for (const [format, s] of scores) {
    const why = `${format}\n${missed.slice(0, 40).join('\n')}`;
    expect(s.found / s.names, why).toBeGreaterThanOrEqual(0.99);
    expect(s.equal / s.values, why).toBeGreaterThanOrEqual(0.99);
    expect(s.rawEqual / s.rawValues, why).toBeGreaterThanOrEqual(0.99);
  }
}

/** Every file is read four times, by us and by three runs of ExifTool. */
const HANG_MS = 600_000;

describe('row 21: tags of `media inspect` against ExifTool’s own, per format', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await tempFolder();
  });

  it(
    'row 21: the sample media',
    async () => {
      const samples = await makeSamples(join(dir, 'samples'), { isSmall: true });
      const scores = await measure(
        samples.map(({ path }) => path),
        dir,
      );
      process.stdout.write(`\n${table(scores)}\n`);
      expect(scores.size).toBeGreaterThanOrEqual(18);
      check(scores);
      await writeDocTable('inspect-samples', table(scores));
    },
    HANG_MS,
  );

  it.runIf(sharedMedia().length > 0)(
    'row 21: real files from elsewhere',
    async () => {
      const scores = await measure(sharedMedia(), dir);
      process.stdout.write(`\n${table(scores)}\n`);
      expect(scores.size).toBeGreaterThanOrEqual(14);
      check(scores);
      await writeDocTable('inspect-real', table(scores));
    },
    HANG_MS,
  );
});
