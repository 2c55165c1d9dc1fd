import type { EngineJob } from '@pingplex/shared/contracts/engine';
import type { ConvertPlan, MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Frame } from 'node-av';
import { tempPath } from '../../output/index.ts';
import { loadAv, openInput } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';
import { loadSharp } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { type PictureResult, type PictureTarget, writePicture } from './convert-picture.ts';
import { impossible, type MediaFacts, readFacts } from './facts.ts';
import { cutOf } from './limits.ts';
import { displayed } from './picture-chain.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
export type FrameFile = PictureResult & { readonly path: string };

/** Pictures of one film at most. */
export const MAX_FRAMES = 500;
/** Reading on is cheaper than looking for a key frame again up to this distance. */
const READ_ON_MS = 4000;

/**
 * When the wanted frames are shown, in milliseconds of the source: one at the start of the part (or at a tenth of the film), one every
 * so often from the start on, or so many in the middles of equal pieces.
 */
function timesOf(plan: ConvertPlan, facts: MediaFacts, from: MediaFormat, to: MediaFormat): number[] {
  const { frames, trimStartMs } = plan;
  const { part, lengthMs } = cutOf(plan, facts.durationMs, from, to);
  if (frames === undefined || lengthMs === undefined) return [trimStartMs ?? Math.round((facts.durationMs ?? 0) / 10)];
  const count = frames.by === 'count' ? frames.count : Math.max(1, Math.ceil(lengthMs / frames.everyMs));
  if (count > MAX_FRAMES) throw impossible(from, to, 'tooManyFrames', { count, limit: MAX_FRAMES });
  const at = (n: number): number => (frames.by === 'count' ? ((n + 0.5) * lengthMs) / count : n * frames.everyMs);
  return Array.from({ length: count }, (_, n) => part.startMs + at(n));
}

type Rgb = { readonly width: number; readonly height: number; readonly data: Buffer };

function pack(frame: Frame): Rgb | undefined {
  const plane = frame.data?.[0];
  const stride = frame.linesize[0];
  const { width, height } = frame;
  if (!plane || !stride || width <= 0 || height <= 0) return undefined;
  const row = width * 3;
  const data = Buffer.allocUnsafe(row * height);
  for (let y = 0; y < height; y += 1) plane.copy(data, y * row, y * stride, y * stride + row);
  return { width, height, data };
}

/** Frames that are shown at the given times, in their order; after the last frame of the film it is given again. */
async function* shownAt(
  job: ConvertJob,
  from: MediaFormat,
  facts: MediaFacts,
  times: readonly number[],
  ctx: JobContext,
): AsyncGenerator<Rgb> {
  const { video } = facts;
  if (!video) return;
  const av = await loadAv();
  await using input = await openInput(job.path, from);
  const start = input.getFormatContext().startTime;
  const base = start === av.AV_NOPTS_VALUE ? 0 : Number(start) / 1000;
  const { size, turn } = displayed(facts);
  const chain = [...turn, `scale=${size.width}:${size.height}:flags=bicubic`, 'setsar=1', 'format=rgb24'].join(',');
  const half = 500 / facts.fps;
  let done = 0;
  while (done < times.length) {
    const first = times[done] ?? 0;
    const began = done;
    let last: Rgb | undefined;
    const common = { path: job.path, format: from, streamIndex: video.index, chain, signal: ctx.signal, threads: 2 };
    for await (const frame of decodeFrames({ ...common, seekMs: Math.max(0, base + first) })) {
      using owned = frame;
      const ms = (Number(owned.pts) * 1000 * owned.timeBase.num) / owned.timeBase.den - base;
      const wanted = times[done];
      if (wanted === undefined) break;
      if (ms < wanted - half - 0.5) {
        // Only a film that ends early needs a frame from before the wanted time, so its last second is kept.
        if (ms > wanted - 1000) last = pack(owned) ?? last;
        continue;
      }
      const rgb = pack(owned);
      if (!rgb) continue;
      last = rgb;
      while (done < times.length && (times[done] ?? 0) - half - 0.5 <= ms) {
        yield rgb;
        done += 1;
      }
      const next = times[done];
      if (next === undefined || next - ms > READ_ON_MS) break;
    }
    if (done > began) continue;
    if (last === undefined) throw new AppError('file.damaged', `no frame decodes at ${Math.round(first)} ms`);
    yield last;
    done += 1;
  }
}

/**
 * Takes pictures out of a film: one, or several when the plan says so.
 * @returns one entry per picture, in the order of time
 * @throws AppError `engine.stepNotPossible` (`noPicture`, `trimBeyondEnd`, `tooManyFrames`), `file.damaged`, `output.*`
 */
export async function convertFrames(
  job: ConvertJob,
  plan: ConvertPlan,
  from: MediaFormat,
  target: PictureTarget,
  ext: string,
  ctx: JobContext,
): Promise<FrameFile[]> {
  const facts = await readFacts(job.path, from);
  if (!facts.video) throw impossible(from, target, 'noPicture');
  const times = timesOf(plan, facts, from, target);
  const sharp = await loadSharp();
  const files: FrameFile[] = [];
  for await (const { width, height, data } of shownAt(job, from, facts, times, ctx)) {
    const path = tempPath(job.temp, files.length + 1, ext);
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    files.push({ path, ...(await writePicture(picture, await picture.metadata(), plan, target, path)) });
    ctx.progress(Math.min(0.99, files.length / times.length));
    ctx.signal.throwIfAborted();
  }
  return files;
}
