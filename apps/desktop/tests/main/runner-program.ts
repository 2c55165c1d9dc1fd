/**
 * Main's durable part as a program of its own, to be killed at any moment: node runner-program.ts '<json>'.
 * Starts its batch at the first run, goes on with it at every later one. Prints `recovered`, one line per result, and `over`.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Step } from '@pingplex/shared/domain';
import { z } from 'zod';
import type { SecretStore } from '../../src/main/account/index.ts';
import { openCloudStudio } from './helpers/cloud.ts';
import { isOver, TestFiles, until } from './helpers/studio.ts';

const Order = z.object({
  userData: z.string(),
  inputs: z.array(z.string()),
  output: z.string(),
  serverUrl: z.string(),
  email: z.string(),
  steps: z.array(Step),
});
const order = Order.parse(JSON.parse(process.argv[2] ?? '{}'));

/** Stands in for the keychain: keeps across runs, replaces in one rename. */
const path = join(order.userData, 'secrets.json');
const read = async (): Promise<Record<string, string>> => JSON.parse(await readFile(path, 'utf8').catch(() => '{}'));
const write = async (all: Record<string, string>): Promise<'kept'> => {
  await writeFile(`${path}.new`, JSON.stringify(all));
  await rename(`${path}.new`, path);
  return 'kept';
};
const secrets: SecretStore = {
  get: async (name) => ({ state: 'kept', value: (await read())[name] ?? null }),
  set: async (name, value) => write({ ...(await read()), [name]: value }),
  delete: async (name) => {
    const { [name]: _, ...rest } = await read();
    return write(rest);
  },
};

const files = new TestFiles();
for (const input of order.inputs) await files.add(input);
const { service, start, close } = await openCloudStudio({ ...order, files, secrets });
process.stdout.write('recovered\n');
service.onChange((patch) => {
  for (const result of patch.results)
    process.stdout.write(`result ${JSON.stringify({ path: result.displayPath, sha256: result.sha256 })}\n`);
});
const [known] = service.list().batches;
const id = known?.id ?? (await start(order.steps, order.output));
service.resume(id);
await until(service, isOver(service, id));
process.stdout.write(`over ${JSON.stringify(service.items(id).map((item) => [item.name, item.state, item.error?.code ?? null]))}\n`);
await close();
process.exit(0);
