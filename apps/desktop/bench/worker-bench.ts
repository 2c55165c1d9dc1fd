import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Figure, median } from './peers.ts';

const RUNS = 5;
const MAIN = fileURLToPath(new URL('../src/engine/main.ts', import.meta.url));

const start = (): ChildProcess => fork(MAIN, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });

/** From starting a worker to its first word, and from killing one in the middle of an encode to its end; milliseconds. */
export async function benchWorker(film: string | undefined, dir: string): Promise<Figure[]> {
  const [ready, gone]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    const startedAt = performance.now();
    const child = start();
    await once(child, 'message');
    ready.push(performance.now() - startedAt);
    if (film) {
      const settings = { variants: 1, strength: 'balanced', seed: 1, mirror: false };
      child.send({ type: 'job', id: 'bench', job: { verb: 'unicalize', path: film, temp: { dir, stem: '.pingplex-kill' }, settings } });
      await new Promise<void>((busy) => {
        child.on('message', (message: { type: string; fraction?: number }) => {
          if (message.type === 'progress' && (message.fraction ?? 0) > 0.1) busy();
        });
      });
    }
    const killedAt = performance.now();
    child.kill('SIGKILL');
    await once(child, 'exit');
    gone.push(performance.now() - killedAt);
  }
  return [
    { name: 'start of a worker, to ready', peer: '', unit: 'ms', ours: median(ready), note: 'aim: at most 600' },
    { name: 'kill of a busy worker, to gone', peer: '', unit: 'ms', ours: median(gone), note: 'aim: at most 500' },
  ];
}
