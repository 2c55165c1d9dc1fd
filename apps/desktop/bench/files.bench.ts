import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { launchApp } from '../tests/driver/launch.ts';
import { Studio } from '../tests/driver/studio.ts';
import { type FilesRun, runManyFiles } from './files-run.ts';
import { profileMain, profileWindow } from './profile.ts';
import { makeUniqueMedia } from './unique-media.ts';
import { writeSection } from './write-section.ts';

const HELP = `node files.bench.ts [--files N] [--minutes N] [--json FILE] [--docs FILE] [--profile DIR]
       node files.bench.ts --from FILE --docs FILE

Drives the real window with N real files (10,000 unless said otherwise), no two alike: adds the folder, lets all be inspected, scrolls,
sorts by every column, searches, selects all and cleans all. Takes the time of each part, the longest stall of the window's and of main's
thread, and the memory of every process. The cleaning is stopped after so many minutes. --docs writes the figures into the page, between its marks. --profile writes a CPU profile of
both threads. --from takes the figures of an earlier run instead of running.`;

const ms = (value: number): string => `${Math.round(value)}`;

function table({ files, bytes, machine, firstRowMs, phases, memory, cleaned }: FilesRun): string {
  const lines = phases.map(
    ({ name, tookMs, stalls }) =>
      `| ${name} | ${tookMs < 10_000 ? `${ms(tookMs)} ms` : `${(tookMs / 1000).toFixed(0)} s`} | ${ms(stalls.windowTaskMs)} | ${ms(stalls.windowFrameMs)} | ${ms(stalls.mainMs)} | ${ms(stalls.mainP99Ms)} |`,
  );
  return [
    `${files.toLocaleString('en')} files, ${(bytes / 1e6).toFixed(0)} MB, ${machine}. First row after ${ms(firstRowMs)} ms; ${cleaned.toLocaleString('en')} cleaned.`,
    '',
    '| part | took | longest task of the window, ms | longest gap between frames, ms | longest delay of main, ms | 99 % of main’s delays under, ms |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
    `Most memory, MB: ${Object.entries(memory)
      .map(([name, mb]) => `${name} ${mb}`)
      .join(', ')}.`,
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '20' },
    json: { type: 'string' },
    docs: { type: 'string' },
    profile: { type: 'string' },
    from: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
} else if (values.from !== undefined) {
  const text = table(JSON.parse(await readFile(values.from, 'utf8')) as FilesRun);
  console.log(text);
  if (values.docs !== undefined) await writeFile(values.docs, writeSection(await readFile(values.docs, 'utf8'), 'files', text));
} else {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pingplex-files-'));
  try {
    const count = Number(values.files);
    const media = await makeUniqueMedia(folder, count);
    const output = path.join(folder, 'out');
    await mkdir(output);
    const running = await launchApp({ userData: await mkdtemp(path.join(folder, 'data-')) });
    const studio = new Studio(running.app, running.window);
    const stops = values.profile === undefined ? [] : [await profileMain(running.app), await profileWindow(running.window)];
    const figures = await runManyFiles(running, studio, { ...media, count, output, cleanLimitMs: Number(values.minutes) * 60_000 });
    const profiles = await Promise.all(stops.map((stop) => stop()));
    await running.close();
    console.log(table(figures));
    if (values.profile !== undefined)
      for (const [n, text] of profiles.entries())
        await writeFile(path.join(values.profile, `${n === 0 ? 'main' : 'window'}.cpuprofile`), text);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
    if (values.docs !== undefined) await writeFile(values.docs, writeSection(await readFile(values.docs, 'utf8'), 'files', table(figures)));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
