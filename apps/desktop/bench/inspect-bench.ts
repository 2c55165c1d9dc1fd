import { ExifTool } from 'exiftool-vendored';
import { runInspect } from '../src/engine/inspect/run-inspect.ts';
import { type Figure, findPeer, median, rate, timeAll, timePeer } from './peers.ts';

const RUNS = 3;
/** Every file is asked for so many times in a run, so that a small folder gives a steady figure too. */
const REPEATS = 4;

/** Files per second over the whole mixed folder, each way warmed up before. */
export async function benchInspect(files: readonly string[]): Promise<Figure[]> {
  const ctx = { signal: new AbortController().signal, progress: () => undefined };
  const quick = (path: string) => runInspect({ verb: 'inspect', path, depth: 'quick' }, ctx).catch(() => undefined);
  const many = Array.from({ length: REPEATS }, () => files).flat();
  await timeAll(files, 2, quick);
  const perSecond = (count: number, ms: number) => (count * 1000) / ms;
  const ours: number[] = [];
  const stayOpen: number[] = [];
  const exiftool = new ExifTool({ maxProcs: 1, taskTimeoutMillis: 30_000 });
  try {
    const ask = (path: string) => exiftool.readRaw(path, { readArgs: ['-G1', '-a', '-s', '-struct'] }).catch(() => undefined);
    await timeAll(files.slice(0, 3), 1, ask);
    for (let i = 0; i < RUNS; i++) {
      ours.push(perSecond(many.length, await timeAll(many, 2, quick)));
      stayOpen.push(perSecond(files.length, await timeAll(files, 1, ask)));
    }
  } finally {
    await exiftool.end();
  }
  const ffprobe = await findPeer(['ffprobe'], '-version', /ffprobe version/);
  const probe = (path: string) =>
    timePeer(ffprobe ?? '', ['-v', 'quiet', '-show_format', '-show_streams', '-of', 'json', path]).catch(() => undefined);
  const theirs = ffprobe ? perSecond(files.length, await timeAll(files, 1, probe)) : undefined;
  const line = { name: 'quick inspect, mixed folder', unit: 'files/s', ours: median(ours) };
  return [
    rate({ ...line, peer: 'exiftool-vendored, one stay-open process', theirs: median(stayOpen), target: 6 }),
    rate({ ...line, peer: 'ffprobe, one process per file', theirs, target: 30 }),
  ];
}
