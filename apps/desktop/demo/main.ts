import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeSamples } from '../samples/make-samples.ts';
import { runDemo } from './run-demo.ts';

const { values } = parseArgs({
  options: {
    input: { type: 'string' },
    output: { type: 'string' },
    ai: { type: 'boolean', default: true },
    'no-ai': { type: 'boolean', default: false },
  },
});
const cwd = process.env['PINGPLEX_CWD'] ?? process.cwd();
const output = path.resolve(cwd, values.output ?? 'demo-output');
const work = await mkdtemp(path.join(os.tmpdir(), 'pingplex-demo-'));
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

try {
  await mkdir(output, { recursive: true });
  const input = values.input === undefined ? path.join(work, 'samples') : path.resolve(cwd, values.input);
  if (values.input === undefined) {
    say('Making sample media …');
    await makeSamples(input);
  }
  const { report, text, isWhole } = await runDemo({ input, output, work, withAi: values.ai && !values['no-ai'], say });
  await writeFile(path.join(output, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`\n${text}\n\nReport: ${path.join(output, 'report.json')}\n`);
  process.exitCode = isWhole ? 0 : 1;
} catch (error) {
  say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true, maxRetries: 5 });
}
