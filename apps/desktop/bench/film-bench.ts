import { join } from 'node:path';
import { type TranscodeJob, transcode } from '../src/engine/binaries/transcode.ts';
import { repeatableX264 } from '../src/engine/binaries/x264-options.ts';
import { openMedia } from '../src/engine/measure/av-media.ts';
import { drawFilm, filmChain } from '../src/engine/unicalize/film-plan.ts';
import { runUnicalize } from '../src/engine/unicalize/run-unicalize.ts';
import { type Figure, findPeer, median, rate, timePeer } from './peers.ts';

const RUNS = 3;
const FILMS = 3;
const THREADS = 2;
const ctx = { signal: new AbortController().signal, progress: () => undefined };

/** Films per minute: our encode against `ffmpeg` with the same filter strings, encoder, preset and threads. */
export async function benchFilms(files: readonly string[], dir: string): Promise<Figure[]> {
  const films = files.filter((path) => /\.(mp4|mov|mkv)$/i.test(path)).slice(0, FILMS);
  if (films.length === 0) return [];
  const ffmpeg = await findPeer(['ffmpeg'], '-version', /ffmpeg version/);
  const jobs = await Promise.all(films.map((path, i) => jobFor(path, join(dir, `film-${i}.mp4`))));
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let i = 0; i <= RUNS; i++) {
    const mine = await total(jobs, async (job) => {
      await transcode(job, ctx);
    });
    const peer = ffmpeg ? await total(jobs, (job) => timePeer(ffmpeg, cliArgs(job))) : undefined;
    // The first round only warms up.
    if (i > 0) ours.push(mine);
    if (i > 0 && peer !== undefined) theirs.push(peer);
  }
  const wholeMs = await total(films, (path) =>
    runUnicalize(
      { path, temp: { dir, stem: '.pingplex-bench' }, settings: { variants: 1, strength: 'balanced', seed: 1, mirror: false } },
      ctx,
    ),
  );
  const perMinute = (ms: number) => (films.length * 60_000) / ms;
  const line = { unit: 'films/min', theirs: theirs.length > 0 ? perMinute(median(theirs)) : undefined };
  return [
    rate({ ...line, name: 'film variant', peer: 'ffmpeg, same filters, preset and threads', ours: perMinute(median(ours)), target: 0.9 }),
    rate({ ...line, name: 'film variant, searched, measured, verified', peer: 'ffmpeg, encode alone', ours: perMinute(wholeMs) }),
  ];
}

async function total<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (const item of items) await work(item);
  return performance.now() - startedAt;
}

async function jobFor(input: string, output: string): Promise<TranscodeJob> {
  const media = await openMedia(input);
  if (!media.video) throw new Error(`${input} has no picture`);
  const plan = drawFilm(1, 1, 0, { strength: 'balanced', mirror: false }, false, 0);
  return {
    input,
    output,
    container: 'mp4',
    threads: THREADS,
    video: {
      filter: filmChain(plan, media.video),
      encoder: 'libx264',
      gopSize: plan.gop,
      maxBFrames: plan.bFrames,
      options: { preset: 'veryfast', crf: plan.crf, ...(await repeatableX264()) },
    },
    ...(media.audio ? { audio: { filter: `atempo=${1 + plan.speed},aformat=sample_fmts=fltp`, encoder: 'aac', bitRate: 128_000 } } : {}),
  };
}

function cliArgs({ input, output, video, audio }: TranscodeJob): string[] {
  const threads = String(THREADS);
  const picture = [
    '-map',
    '0:V:0',
    '-vf',
    video?.filter ?? 'null',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    String(video?.options?.['crf']),
  ];
  const rhythm = ['-g', String(video?.gopSize), '-bf', String(video?.maxBFrames), '-threads', threads];
  const sound = audio ? ['-map', '0:a:0', '-af', audio.filter, '-c:a', 'aac', '-b:a', '128k'] : ['-an'];
  const filters = ['-filter_threads', threads];
  return [
    '-v',
    'error',
    '-y',
    ...filters,
    '-threads',
    threads,
    '-noautorotate',
    '-i',
    input,
    ...picture,
    ...rhythm,
    ...sound,
    '-map_metadata',
    '-1',
    output,
  ];
}
