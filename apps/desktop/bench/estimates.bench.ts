import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { MediaKind, StepInput } from '@pingplex/shared/domain';
import { FORMATS } from '@pingplex/shared/domain';
import { makeSamples } from '../samples/make-samples.ts';
import { isOver, openStudio, TestFiles, until } from '../tests/main/helpers/studio.ts';
import { writeSection } from './write-section.ts';

const HELP = `node estimates.bench.ts [--input DIR] [--times N] [--json FILE] [--docs FILE]

Runs five different batches in the real runner with real workers, twice: on a machine that nothing is known of, and again with other
numbers of files once it knows something. Prints the first range that was shown before each run, and what the run took.`;

type Batch = {
  readonly name: string;
  readonly kinds: readonly MediaKind[];
  readonly steps: StepInput[];
  readonly first: number;
  readonly second: number;
};
const BATCHES: readonly Batch[] = [
  { name: 'pictures, clean', kinds: ['image'], steps: [{ verb: 'clean' }], first: 12, second: 60 },
  { name: 'pictures, unicalize × 3', kinds: ['image'], steps: [{ verb: 'unicalize', variants: 3 }], first: 6, second: 12 },
  { name: 'mixed, clean', kinds: ['image', 'video', 'audio'], steps: [{ verb: 'clean' }], first: 20, second: 40 },
  { name: 'films, convert to 480 lines', kinds: ['video'], steps: [{ verb: 'convert', height: 480 }], first: 4, second: 9 },
  { name: 'sounds, unicalize × 2', kinds: ['audio'], steps: [{ verb: 'unicalize', variants: 2 }], first: 4, second: 9 },
];

type Row = {
  readonly batch: string;
  readonly files: number;
  readonly basis: string;
  readonly lowMs: number;
  readonly highMs: number;
  readonly tookMs: number;
  readonly isHeld: boolean;
};
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

function table(rows: readonly Row[]): string {
  const held = (basis: string): string => {
    const of = rows.filter((row) => row.basis === basis);
    return of.length === 0 ? '' : `${basis}: ${of.filter((row) => row.isHeld).length} of ${of.length} in the first range.`;
  };
  return [
    '| batch | files | basis | first range, s | high/low | took, s | in the range |',
    '| --- | ---: | --- | ---: | ---: | ---: | --- |',
    ...rows.map(
      (row) =>
        `| ${row.batch} | ${row.files} | ${row.basis} | ${seconds(row.lowMs)} – ${seconds(row.highMs)} | ${(row.highMs / row.lowMs).toFixed(1)} | ${seconds(row.tookMs)} | ${row.isHeld ? 'yes' : 'no'} |`,
    ),
    '',
    ['typical', 'measured'].map(held).filter(Boolean).join(' '),
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    input: { type: 'string' },
    times: { type: 'string', default: '1' },
    json: { type: 'string' },
    docs: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pingplex-estimates-'));
  try {
    const samples = await makeSamples(values.input ?? path.join(folder, 'samples'));
    const rows: Row[] = [];
    let speeds: unknown = [];
    for (const round of ['first', 'second'] as const) {
      for (const [n, batch] of BATCHES.entries()) {
        const fitting = samples.filter((one) => batch.kinds.includes(FORMATS[one.format].kind));
        const dir = path.join(folder, `${round}-${n}`);
        const output = path.join(dir, 'out');
        await mkdir(output, { recursive: true });
        const files = new TestFiles();
        const studio = await openStudio(path.join(folder, 'user'), files, { workers: os.availableParallelism() });
        const count = round === 'first' ? batch.first : Math.round(batch.second * Number(values.times));
        for (let at = 0; at < count; at++) {
          const sample = fitting[(at * 5 + n) % fitting.length];
          if (sample === undefined) throw new Error(`no samples for ${batch.name}`);
          const target = path.join(dir, `${at} ${path.basename(sample.path)}`);
          await copyFile(sample.path, target);
          const { summary } = await studio.engine.run({ verb: 'inspect', path: target, depth: 'quick' });
          await files.add(target, undefined, summary);
        }
        const { timeMs } = await studio.estimate(batch.steps, output);
        const started = performance.now();
        const id = await studio.start(batch.steps, output);
        await until(studio.service, isOver(studio.service, id));
        const tookMs = performance.now() - started;
        const row = {
          batch: batch.name,
          files: count,
          basis: timeMs.basis,
          lowMs: timeMs.low,
          highMs: timeMs.high,
          tookMs,
          isHeld: tookMs >= timeMs.low && tookMs <= timeMs.high,
        };
        rows.push(row);
        const counts = studio.service.list().batches.find((one) => one.id === id)?.counts;
        console.log(JSON.stringify({ ...row, counts }));
        speeds = studio.journal.knowledge.speeds();
        await studio.close();
      }
    }
    console.log(table(rows));
    const machine = { cpus: os.cpus().length, platform: process.platform, node: process.version };
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ machine, rows, speeds }, null, 2)}\n`);
    if (values.docs !== undefined)
      await writeFile(values.docs, writeSection(await readFile(values.docs, 'utf8'), 'estimates', table(rows)));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
