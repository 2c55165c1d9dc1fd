import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../tests/driver/server.ts';
import { newAccount, openCloudStudio } from '../tests/main/helpers/cloud.ts';
import { writePicture } from '../tests/main/helpers/media.ts';
import { isOver, TestFiles, until } from '../tests/main/helpers/studio.ts';

const HELP = `node delivery.bench.ts [--runs N] [--json FILE]

From the moment that a provider has finished (by the clock of its stand-in) to the verified file in the output folder: the backend's next
look, its fetch and check, the news to the app, the download and the save. One item at a time, real server, real PostgreSQL.`;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '12' }, json: { type: 'string' }, help: { type: 'boolean' } },
});

/** Models whose work is a task, so that "done" is a moment of its own, and where their stand-in writes tasks down. */
const MODELS = [
  { what: 'picture, DashScope', modelId: 'dashscope/wan2.7-image:edit', stand: 'dashscope' },
  { what: 'film, DashScope', modelId: 'dashscope/wan3.0-video:image', stand: 'dashscope' },
  { what: 'film, Kling', modelId: 'kling/kling-2.5-turbo:image', stand: 'kling' },
] as const;

type Task = { order: { prompt: string }; createdAt: number; waitMs: number; workMs: number };

/** When the stand-in finished the task with this prompt, milliseconds since 1970. */
async function doneAt(data: string, stand: string, prompt: string): Promise<number> {
  const known = JSON.parse(await readFile(path.join(data, 'sandbox', stand, 'tasks.json'), 'utf8')) as [string, Task][];
  const task = known.map(([, one]) => one).find((one) => one.order.prompt.includes(prompt));
  if (task === undefined) throw new Error(`the stand-in knows no task for "${prompt}"`);
  return task.createdAt + task.waitMs + task.workMs;
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pingplex-bench-'));
  const data = path.join(folder, 'server');
  const server = await startServer(data);
  try {
    const figures = [];
    for (const { what, modelId, stand } of MODELS) {
      const root = path.join(folder, modelId.replace(/\W+/g, '-'));
      const files = new TestFiles();
      await writePicture(path.join(root, 'in', 'source.png'), 1, 1024, 768);
      await files.add(path.join(root, 'in', 'source.png'));
      const late: number[] = [];
      for (let n = 0; n < Number(values.runs); n++) {
        // Trial credits are few, so each run comes with an account of its own.
        const email = await newAccount(server.url, server.sandboxes.mail);
        const studio = await openCloudStudio({ serverUrl: server.url, userData: path.join(root, `user-${n}`), files, email });
        const output = path.join(root, `out-${n}`);
        await mkdir(output, { recursive: true });
        const prompt = `delivery ${crypto.randomUUID()}`;
        const id = await studio.start([{ verb: 'generate', modelId, prompt }], output);
        await until(studio.service, isOver(studio.service, id));
        const [item] = studio.service.items(id);
        const [result] = await studio.service.results({ batchId: id, limit: 1 });
        if (result === undefined) throw new Error(`${what}: ${item?.state} ${item?.error?.code ?? ''}`);
        late.push((await stat(path.join(output, result.name))).ctimeMs - (await doneAt(data, stand, prompt)));
        await studio.close();
      }
      const sorted = late.toSorted((a, b) => a - b);
      figures.push({ what, runs: sorted.length, medianMs: Math.round(at(sorted, 0.5)), p95Ms: Math.round(at(sorted, 0.95)) });
    }
    console.table(figures);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await main();
