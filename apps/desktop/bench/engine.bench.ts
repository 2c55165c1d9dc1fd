import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatByName } from '@pingplex/shared/domain';
import { makeSamples } from '../samples/make-samples.ts';
import { endExifTool } from '../src/engine/binaries/exiftool.ts';
import { benchConvert } from './convert-bench.ts';
import { benchFilms } from './film-bench.ts';
import { benchInspect } from './inspect-bench.ts';
import type { Figure } from './peers.ts';
import { benchPictures } from './picture-bench.ts';
import { benchSeveral } from './several-bench.ts';
import { benchSmallJobs } from './small-jobs-bench.ts';
import { benchWorker } from './worker-bench.ts';

const HELP = `node engine.bench.ts [--input DIR] [--json FILE] [--parts inspect,pictures,films,convert,several,small,worker]

Measures the engine against ExifTool, ffprobe, ImageMagick and ffmpeg on the same files in the same run.
DIR is a folder with media; without it the sample media are made in a temporary folder.`;

async function mediaIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && formatByName(entry.name) !== undefined)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

function print(figures: readonly Figure[]): void {
  const number = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(value < 10 ? 2 : 0));
  console.table(
    figures.map(({ name, peer, ours, theirs, unit, ratio, target, note }) => ({
      what: name,
      unit,
      ours: number(ours),
      peer,
      theirs: note ?? number(theirs),
      ratio: number(ratio),
      target: target === undefined ? '' : `>= ${target}`,
    })),
  );
}

const { values } = parseArgs({
  options: { input: { type: 'string' }, json: { type: 'string' }, parts: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(HELP);
} else {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-bench-'));
  try {
    const input = values.input ?? path.join(dir, 'samples');
    if (values.input === undefined) await makeSamples(input);
    const files = await mediaIn(path.resolve(input));
    const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
      inspect: () => benchInspect(files),
      pictures: () => benchPictures(files, dir),
      films: () => benchFilms(files, dir),
      convert: () => benchConvert(files, dir),
      several: () => benchSeveral(files, dir),
      small: () => benchSmallJobs(files, dir),
      worker: () =>
        benchWorker(
          files.find((file) => /\.(mp4|mov|mkv)$/i.test(file)),
          dir,
        ),
    };
    const figures: Figure[] = [];
    for (const name of values.parts?.split(',') ?? Object.keys(parts)) figures.push(...((await parts[name]?.()) ?? []));
    print(figures);
    const machine = { cpus: os.cpus().length, platform: process.platform, arch: process.arch, node: process.version };
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ machine, files: files.length, figures }, null, 2)}\n`);
  } finally {
    await endExifTool();
    await rm(dir, { recursive: true, force: true });
  }
}
