import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ElectronApplication } from 'playwright';
import { descendants } from '../tests/driver/processes.ts';

/** Highest resident memory seen, in MB, of each kind of process; workers of the engine count one by one and together. */
export type PeakMemory = Record<string, number>;

const run = promisify(execFile);

async function residentMb(pids: readonly number[]): Promise<number[]> {
  if (pids.length === 0) return [];
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', pids.join(',')]).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map(Number)
    .filter(Boolean)
    .map((kb) => kb / 1024);
}

/** Looks every two seconds at what the app's processes take, until it is told to stop. */
export function watchMemory(app: ElectronApplication, pid: number): () => Promise<PeakMemory> {
  const peak: PeakMemory = {};
  const keep = (name: string, mb: number): void => {
    peak[name] = Math.round(Math.max(peak[name] ?? 0, mb));
  };
  const look = async (): Promise<void> => {
    const metrics = await app.evaluate((electron) =>
      electron.app.getAppMetrics().map(({ type, memory, serviceName }) => ({ name: serviceName ?? type, kb: memory.workingSetSize })),
    );
    for (const { name, kb } of metrics) keep(name, kb / 1024);
    const workers = (await descendants(pid)).filter(({ command }) => command.includes('engine/main'));
    const each = await residentMb(workers.map((one) => one.pid));
    keep('engine worker', Math.max(0, ...each));
    keep(
      'engine workers together',
      each.reduce((sum, one) => sum + one, 0),
    );
  };
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  })();
  return async () => {
    isOver = true;
    await loop;
    return peak;
  };
}
