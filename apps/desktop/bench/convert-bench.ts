import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runConvert } from '../src/engine/convert/run-convert.ts';
import { openMedia } from '../src/engine/measure/av-media.ts';
import { type Figure, findPeer, median, rate, timePeer } from './peers.ts';

const RUNS = 3;
const WIDTH = 1920;
const HEIGHT = 1080;
const QUALITY = 85;
const ctx = { signal: new AbortController().signal, progress: () => undefined };

/** Seconds of a 1080p film that are converted per second: the whole verb, with its checks, against one call of `ffmpeg`. */
export async function benchConvert(files: readonly string[], dir: string): Promise<Figure[]> {
  const film = files.find((path) => /\.mp4$/i.test(path));
  const ffmpeg = await findPeer(['ffmpeg'], '-version', /ffmpeg version/);
  if (film === undefined) return [];
  const input = join(dir, 'convert-1080p.mp4');
  await converted(film, join(dir, 'convert-source'), input, { enlarge: true, width: WIDTH, height: HEIGHT, fit: 'crop' });
  const { durationMs = 0, video } = await openMedia(input);
  const args = peerArgs(input, join(dir, 'convert-peer.mp4'), video?.fps ?? 25);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let run = 0; run <= RUNS; run += 1) {
    const startedAt = performance.now();
    await converted(input, join(dir, `convert-${run}`), join(dir, 'convert-ours.mp4'), { format: 'mp4', quality: QUALITY });
    const mine = performance.now() - startedAt;
    const peer = ffmpeg === undefined ? undefined : await timePeer(ffmpeg, args);
    // The first round only warms up.
    if (run > 0) ours.push(mine);
    if (run > 0 && peer !== undefined) theirs.push(peer);
  }
  const speed = (ms: number): number => durationMs / ms;
  return [
    rate({
      name: 'convert 1080p H.264',
      unit: 'x real time',
      peer: 'ffmpeg, same filters, preset and threads',
      ours: speed(median(ours)),
      theirs: theirs.length > 0 ? speed(median(theirs)) : undefined,
      target: 0.9,
    }),
  ];
}

async function converted(path: string, dir: string, output: string, settings: Parameters<typeof runConvert>[0]['settings']): Promise<void> {
  await mkdir(dir, { recursive: true });
  const { file } = await runConvert({ verb: 'convert', path, temp: { dir, stem: '.pingplex-bench' }, settings }, ctx);
  await copyFile(file.tempPath, output);
}

/** What the verb does with these settings, on FFmpeg's own command line. */
function peerArgs(input: string, output: string, fps: number): string[] {
  const picture = `scale=${WIDTH}:${HEIGHT}:flags=bicubic,setsar=1,fps=${fps},format=yuv420p`;
  const rhythm = ['-g', String(Math.round(fps * 2)), '-profile:v', 'high'];
  return [
    ...['-v', 'error', '-y', '-filter_threads', '2', '-threads', '2', '-i', input, '-map', '0:V:0', '-map', '0:a:0?'],
    ...[
      '-vf',
      picture,
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-crf',
      String(Math.round(51 - QUALITY * 0.36)),
      ...rhythm,
      '-threads',
      '2',
    ],
    ...['-c:a', 'aac', '-b:a', '192k', '-map_metadata', '-1', '-movflags', '+faststart', output],
  ];
}
