import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeSamples } from '../samples/make-samples.ts';
import { runCampaign } from './campaign.ts';
import { readCorpus } from './corpus.ts';
import { executionOf } from './execution.ts';
import { writeTable } from './table.ts';

/** A long campaign on the command line; see `npm run fuzz -- --help`. */
const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '20261123' },
    from: { type: 'string', default: '0' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: String(Math.max(1, os.availableParallelism())) },
    samples: { type: 'string' },
    media: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    table: { type: 'string' },
    keep: { type: 'string' },
  },
});

function count(name: 'executions' | 'seed' | 'from' | 'workers'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${name}: a whole number is needed`);
  return value;
}

const root = await mkdtemp(path.join(os.tmpdir(), 'pingplex-fuzz-'));
const samples = values.samples ?? path.join(root, 'samples');
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
try {
  say('Making the sample media…');
  await makeSamples(samples, { isSmall: true });
  const corpus = await readCorpus([samples, ...values.media]);
  const seed = count('seed');
  say(`${corpus.length} good files, seed ${seed}`);
  let toldAt = performance.now();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const summary = await runCampaign({
    corpus,
    seed,
    executions: count('executions'),
    from: count('from'),
    workers: count('workers'),
    root: path.join(root, 'work'),
    ...(values.minutes === undefined ? {} : { maxMs: Number(values.minutes) * 60_000 }),
    signal: stop.signal,
    onFinding: (finding) => say(`found: ${JSON.stringify(finding)}`),
    onProgress: (done) => {
      if (performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      say(`${done} of ${values.executions}`);
    },
  });
  if (values.keep !== undefined) {
    await mkdir(values.keep, { recursive: true });
    for (const { n } of summary.findings) {
      const { bytes, ext } = executionOf(corpus, seed, n);
      await writeFile(path.join(values.keep, `${seed}-${n}${ext}`), bytes);
    }
  }
  const text = JSON.stringify(summary, null, 2);
  if (values.json !== undefined) await writeFile(values.json, `${text}\n`);
  if (values.table !== undefined) await writeTable(values.table, summary);
  say(text);
  const isWell = summary.findings.length + summary.filesOutside.length + summary.internetSockets.length === 0;
  say(isWell ? 'Nothing found.' : `${summary.findings.length} findings; the same again: --seed ${seed} --from N --executions 1`);
  process.exitCode = isWell ? 0 : 1;
} finally {
  await rm(root, { recursive: true, force: true });
}
