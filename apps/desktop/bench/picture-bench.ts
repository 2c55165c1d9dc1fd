import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Figure, findPeer, median, rate, timeAll, timePeer } from './peers.ts';
import type { PictureTask } from './picture-worker.ts';

const PROCESSES = 2;
const RUNS = 3;
const PICTURES = 12;

/** Pictures per second in two processes, as the app runs them, against two ImageMagick processes with the same chain on the same files. */
export async function benchPictures(files: readonly string[], dir: string): Promise<Figure[]> {
  const jpegs = files.filter((path) => /\.jpe?g$/i.test(path));
  const work = Array.from({ length: PICTURES }, (_, i) => jpegs[i % jpegs.length]).filter((path) => path !== undefined);
  if (work.length === 0) return [];
  const convert = await findPeer(['magick', 'convert'], '-version', /ImageMagick/);
  const workers = Array.from({ length: PROCESSES }, () => fork(new URL('picture-worker.ts', import.meta.url)));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await ours(workers, work, 'chain', dir);
    const peers = convert ? await sizes(work) : [];
    const [chain, measured, theirs]: [number[], number[], number[]] = [[], [], []];
    for (let i = 0; i < RUNS; i++) {
      chain.push(await ours(workers, work, 'chain', dir));
      measured.push(await ours(workers, work, 'measured', dir));
      if (convert) theirs.push(await timeAll(peers, PROCESSES, (picture, n) => magick(convert, picture, join(dir, `peer-${n}.jpg`))));
    }
    const perSecond = (ms: number) => (work.length * 1000) / ms;
    const line = {
      unit: 'pictures/s',
      peer: 'ImageMagick, same chain, two processes',
      theirs: theirs.length > 0 ? perSecond(median(theirs)) : undefined,
    };
    return [
      rate({ ...line, name: 'picture variant', ours: perSecond(median(chain)), target: 3 }),
      rate({ ...line, name: 'picture variant, searched, measured, verified', ours: perSecond(median(measured)) }),
    ];
  } finally {
    for (const worker of workers) worker.kill();
  }
}

async function ours(workers: readonly ChildProcess[], files: readonly string[], kind: PictureTask['kind'], dir: string): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    workers.map(async (worker, k) => {
      const done = once(worker, 'message');
      const task: PictureTask = { kind, dir, stem: `bench${k}`, files: files.filter((_, i) => i % workers.length === k) };
      worker.send(task);
      await done;
    }),
  );
  return performance.now() - startedAt;
}

type Sized = { readonly path: string; readonly width: number; readonly height: number };

async function sizes(files: readonly string[]): Promise<Sized[]> {
  return Promise.all(
    files.map(async (path) => {
      const { autoOrient } = await sharp(path).metadata();
      return { path, width: autoOrient.width, height: autoOrient.height };
    }),
  );
}

/** Off-centre zoom of 4 % with a turn of half a degree, tone, saturation, noise, JPEG of the same quality. */
function magick(program: string, { path, width, height }: Sized, output: string): Promise<number> {
  const centre = `${width / 2},${height / 2}`;
  const srt = `${centre} 1.05 0.5 ${width / 2 + width * 0.015},${height / 2 + height * 0.015}`;
  const look = ['-modulate', '100,102', '-gamma', '1.02', '-brightness-contrast', '0x2', '-attenuate', '0.08', '+noise', 'Gaussian'];
  return timePeer(program, [
    path,
    '-auto-orient',
    '-limit',
    'thread',
    '1',
    '-distort',
    'SRT',
    srt,
    ...look,
    '-strip',
    '-sampling-factor',
    '4:2:0',
    '-quality',
    '88',
    output,
  ]);
}
