import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runClean } from '../src/engine/clean/run-clean.ts';
import { openMedia } from '../src/engine/measure/av-media.ts';
import { printOf } from '../src/engine/measure/sound.ts';
import { runThumbnail } from '../src/engine/preview/run-thumbnail.ts';
import { type Figure, findPeer, median, rate, timeAll, timePeer } from './peers.ts';

const RUNS = 3;
const SIZE = 320;
const AT_ONCE = 2;
const ctx = { signal: new AbortController().signal, progress: () => undefined };

type Way = (path: string, n: number) => Promise<unknown>;

/** Files per second of both ways over the same files, in turns; the first round only warms up. */
async function race(
  files: readonly string[],
  atOnce: number,
  ours: Way,
  theirs: Way | undefined,
): Promise<{ ours: number; theirs?: number }> {
  const [mine, peers]: [number[], number[]] = [[], []];
  const perSecond = (ms: number) => (files.length * 1000) / ms;
  for (let i = 0; i <= RUNS; i++) {
    const us = await timeAll(files, atOnce, ours);
    const them = theirs ? await timeAll(files, atOnce, theirs) : undefined;
    if (i > 0) mine.push(perSecond(us));
    if (i > 0 && them !== undefined) peers.push(perSecond(them));
  }
  return { ours: median(mine), ...(peers.length > 0 ? { theirs: median(peers) } : {}) };
}

const temp = (dir: string, n: number) => ({ dir, stem: `.pingplex-small-${n}` });
const thumbnail =
  (dir: string): Way =>
  (path, n) =>
    runThumbnail({ verb: 'thumbnail', path, size: SIZE, temp: temp(dir, n) }, ctx);
const clean =
  (dir: string): Way =>
  (path, n) =>
    runClean({ verb: 'clean', path, keepGroups: [], removeCredentials: true, keepFileDates: true, temp: temp(dir, n) }, ctx);

async function thumbnails(files: readonly string[], dir: string): Promise<Figure[]> {
  const jpegs = files.filter((path) => /\.jpe?g$/i.test(path));
  const vips = await findPeer(['vipsthumbnail'], '--version', /vips/);
  const magick = await findPeer(['magick', 'convert'], '-version', /ImageMagick/);
  const byVips: Way | undefined =
    vips === undefined ? undefined : (path, n) => timePeer(vips, [path, '-s', String(SIZE), '-o', join(dir, `vips-${n}.jpg[Q=80]`)]);
  const hint = ['-define', `jpeg:size=${SIZE * 2}x${SIZE * 2}`];
  const byMagick: Way | undefined =
    magick === undefined
      ? undefined
      : (path, n) => timePeer(magick, [...hint, path, '-auto-orient', '-thumbnail', `${SIZE}x${SIZE}`, join(dir, `magick-${n}.jpg`)]);
  const line = { name: 'thumbnail of a picture', unit: 'files/s' };
  return [
    rate({ ...line, peer: 'vipsthumbnail, one process per file', target: 1.8, ...(await race(jpegs, AT_ONCE, thumbnail(dir), byVips)) }),
    rate({ ...line, peer: 'ImageMagick, one process per file', ...(await race(jpegs, AT_ONCE, thumbnail(dir), byMagick)) }),
  ];
}

async function posters(films: readonly string[], dir: string): Promise<Figure> {
  const ffmpeg = await findPeer(['ffmpeg'], '-version', /ffmpeg version/);
  const quiet = ['-v', 'error', '-nostdin', '-y'];
  const picture = ['-frames:v', '1', '-vf', `scale=${SIZE}:-2`];
  const theirs: Way | undefined =
    ffmpeg === undefined
      ? undefined
      : (path, n) => timePeer(ffmpeg, [...quiet, '-ss', '0.3', '-i', path, ...picture, join(dir, `poster-${n}.jpg`)]);
  const raced = await race(films, 1, thumbnail(dir), theirs);
  return rate({ name: 'poster of a film', unit: 'files/s', peer: 'ffmpeg, one process per film', target: 4, ...raced });
}

async function cleaning(files: readonly string[], films: readonly string[], dir: string): Promise<Figure[]> {
  const pictures = files.filter((path) => /\.(jpe?g|png|webp)$/i.test(path));
  const exiftool = await findPeer(['exiftool'], '-ver', /^\d+\.\d+/);
  const out = join(dir, 'exiftool-out');
  await mkdir(out, { recursive: true });
  // One process for all files: its fastest way.
  const batch = async (): Promise<number> => {
    const ms = await timePeer(exiftool ?? '', ['-q', '-q', '-m', '-all=', '-o', `${out}/`, ...pictures]);
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    return ms;
  };
  const { ours } = await race(pictures, 1, clean(dir), undefined);
  const batches = exiftool ? [await batch(), await batch(), await batch()] : [];
  const theirs = batches.length > 0 ? (pictures.length * 1000) / median(batches) : undefined;
  const ffmpeg = await findPeer(['ffmpeg'], '-version', /ffmpeg version/);
  const quiet = ['-v', 'error', '-nostdin', '-y'];
  const copy: Way | undefined =
    ffmpeg === undefined
      ? undefined
      : (path, n) =>
          timePeer(ffmpeg, [...quiet, '-i', path, '-map_metadata', '-1', '-c', 'copy', join(dir, `copy-${n}-${basename(path)}`)]);
  const raced = await race(films, 1, clean(dir), copy);
  return [
    rate({ name: 'clean a picture and prove it', unit: 'files/s', peer: 'ExifTool -all=, one process for all, no proof', ours, theirs }),
    rate({ name: 'clean a film and prove it', unit: 'files/s', peer: 'ffmpeg -c copy, one process per film, no proof', ...raced }),
  ];
}

async function fingerprint(files: readonly string[], dir: string): Promise<Figure[]> {
  const ffmpeg = await findPeer(['ffmpeg'], '-version', /ffmpeg version/);
  const source = files.find((path) => /\.mp3$/i.test(path));
  if (!ffmpeg || !source) return [];
  // A little longer than what is printed: Debian's fpcalc calls the end of a file an error.
  const long = join(dir, 'two-minutes.mp3');
  await timePeer(ffmpeg, ['-v', 'error', '-nostdin', '-y', '-stream_loop', '-1', '-i', source, '-t', '122', '-map', '0:a', long]);
  const fpcalc = await findPeer(['fpcalc'], '-version', /fpcalc version/);
  const ours: Way = async (path) => printOf(await openMedia(path), ctx.signal);
  const raced = await race([long], 1, ours, fpcalc === undefined ? undefined : (path) => timePeer(fpcalc, ['-raw', path]));
  return [rate({ name: 'fingerprint of two minutes of sound', unit: 'files/s', peer: 'fpcalc', target: 0.7, ...raced })];
}

/** Jobs that take milliseconds, against the programs that people use for them. */
export async function benchSmallJobs(files: readonly string[], dir: string): Promise<Figure[]> {
  const films = files.filter((path) => /\.(mp4|mkv)$/i.test(path));
  return [
    ...(await thumbnails(files, dir)),
    await posters(films, dir),
    ...(await cleaning(files, films, dir)),
    ...(await fingerprint(files, dir)),
  ];
}
