import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeSamples } from '../samples/make-samples.ts';
import { ENGINE_VERSION } from '../src/engine/version.ts';
import { type Point, pointsOf } from './variants/distributions.ts';
import { type MediaSource, mediaIn } from './variants/files.ts';
import { aimRows, distributionRows, type Figures, writeDocs } from './variants/report.ts';
import { type Aim, aimsOf } from './variants/target.ts';

const HELP = `node variants.bench.ts [--input DIR] [--samples DIR] [--kinds image,video,audio] [--json FILE] [--docs DIR]

Makes variants of real and of computed files with every strength and with named targets, and compares the latter with every setting in
range. DIR of --input holds real media (default: ../shared/media beside the repository, left out when it isn't there), --samples a folder
where the sample media are or will be made, small. --json keeps all figures, and a run that was ended goes on from there; --docs draws the
plots and writes the tables into media.md of that folder.`;

const { values } = parseArgs({
  options: {
    input: { type: 'string' },
    samples: { type: 'string' },
    kinds: { type: 'string' },
    json: { type: 'string' },
    docs: { type: 'string' },
    help: { type: 'boolean' },
  },
});

type State = {
  readonly version: string;
  isFinished: boolean;
  readonly points: Record<string, Point[]>;
  readonly aims: Record<string, Aim[]>;
};

/** What an ended run had measured with this version of the engine. */
async function stateIn(file: string | undefined): Promise<State> {
  const empty = { version: ENGINE_VERSION, isFinished: false, points: {}, aims: {} };
  if (file === undefined) return empty;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return empty;
  const state = JSON.parse(text) as State;
  return state.version === ENGINE_VERSION && !state.isFinished ? state : empty;
}

async function main(): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-variants-'));
  try {
    const samples = path.resolve(values.samples ?? path.join(dir, 'samples'));
    await makeSamples(samples, { isSmall: true });
    const real = path.resolve(values.input ?? path.join(import.meta.dirname, '../../../../shared/media'));
    const kinds = values.kinds?.split(',') ?? ['image', 'video', 'audio'];
    const all = [...(await mediaIn(real, true).catch(() => [])), ...(await mediaIn(samples, false))];
    const files = all.filter((file) => kinds.includes(file.kind));
    const work = path.join(dir, 'work');
    await mkdir(work);
    const state = await stateIn(values.json);
    for (const [i, file] of files.entries()) {
      process.stderr.write(`${i + 1} of ${files.length}: ${file.name}\n`);
      await measure(file, work, state);
      if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(state)}\n`);
    }
    state.isFinished = values.kinds === undefined;
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(state)}\n`);
    const figures: Figures = {
      machine: { cpus: os.cpus().length, platform: process.platform, arch: process.arch, node: process.version },
      points: Object.values(state.points).flat(),
      aims: Object.values(state.aims).flat(),
    };
    console.table(distributionRows(figures.points));
    console.table(aimRows(figures.aims));
    if (values.docs !== undefined) await writeDocs(path.resolve(values.docs), figures);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function measure(file: MediaSource, work: string, state: State): Promise<void> {
  const key = `${file.isReal ? 'real' : 'sample'}/${file.name}`;
  state.points[key] ??= await pointsOf(file, work);
  // Of computed files only films, which the real ones are few of: nothing is tuned on computed media.
  state.aims[key] ??= file.isReal || file.kind === 'video' ? await aimsOf(file, work) : [];
}

if (values.help) console.log(HELP);
else await main();
