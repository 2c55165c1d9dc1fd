import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { launchApp } from '../tests/driver/launch.ts';
import { makeEmptyElectron, PAINT_TIME, startEmpty } from './empty-electron.ts';
import { addManyFiles } from './many-files.ts';

const FILES = 10_000;
const RUNS = 5;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Milliseconds from starting our app with an empty profile to its first paint. */
async function startOurs(folder: string): Promise<number> {
  const userData = await mkdtemp(path.join(folder, 'cold-'));
  const startedAt = Date.now();
  const { window, close } = await launchApp({ userData });
  const paintedAt = Number(await window.evaluate(PAINT_TIME));
  await close();
  return paintedAt - startedAt;
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const folder = await mkdtemp(path.join(os.tmpdir(), 'pingplex-bench-'));
try {
  const args = JSON.parse(process.env['PINGPLEX_ELECTRON_ARGS'] ?? '[]') as string[];
  const empty = await makeEmptyElectron(folder, process.env['PINGPLEX_ELECTRON'] ?? '');
  const ours: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    bare.push(await startEmpty(folder, empty, args));
    ours.push(await startOurs(folder));
  }
  const added = await addManyFiles(folder, FILES);
  const coldStart = { oursMs: median(ours), emptyElectronMs: median(bare), ratio: median(ours) / median(bare), runs: RUNS };
  console.log(
    `cold start to first paint: ${Math.round(coldStart.oursMs)} ms; empty Electron window ${Math.round(coldStart.emptyElectronMs)} ms; ratio ${coldStart.ratio.toFixed(2)}`,
  );
  console.log(
    `adding ${FILES} files: first row ${Math.round(added.firstRowMs)} ms; all known ${Math.round(added.allRowsMs)} ms; longest stall ${Math.round(added.longestStallMs)} ms`,
  );
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ coldStart, addFiles: { files: FILES, ...added } }, null, 2));
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
