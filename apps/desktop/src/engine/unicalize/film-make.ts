import type { Quality, TempPlace, WrittenFile } from '@pingplex/shared/contracts/engine';
import { removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import { type TranscodeJob, transcodeAll } from '../binaries/transcode.ts';
import { repeatableX264 } from '../binaries/x264-options.ts';
import type { JobContext } from '../job-context.ts';
import { openMedia } from '../measure/av-media.ts';
import { filmPrint } from '../measure/film.ts';
import type { VideoPrint } from '../measure/print.ts';
import { soundQuality } from '../measure/run-compare.ts';
import { loudnessAfter, measureSound } from '../measure/sound.ts';
import { type FilmPlan, filmChain } from './film-plan.ts';
import { filmQualities } from './film-quality.ts';
import type { FilmSource } from './film-source.ts';
import { partOf } from './portions.ts';
import { audioTrack, soundEncoding, soundTail } from './sound-encoding.ts';
import { soundChain } from './sound-plan.ts';

/** What a variant is to be: its number (from 1) and its plan. */
export type FilmOrder = { readonly n: number; readonly plan: FilmPlan };

/** A variant that was written and read back; nothing in it depends on its sisters. */
export type MadeFilm = {
  readonly order: FilmOrder;
  readonly file: WrittenFile;
  readonly print: VideoPrint;
  readonly measured: Quality & { readonly ssim: number };
  /** dB by which the sound was brought back to the source's loudness. */
  readonly gain: number;
};

/**
 * Writes variants of one film side by side and reads them back: the source is decoded once for all encodes, once for the loudness of
 * all and once for the quality of all. Each file has the bytes that it would have alone. Nothing stays behind on failure.
 * @throws as `transcodeAll`
 */
export async function makeFilms(source: FilmSource, orders: readonly FilmOrder[], temp: TempPlace, ctx: JobContext): Promise<MadeFilm[]> {
  const { format, ext } = source.container;
  const gains = await gainsFor(source, orders, partOf(ctx, 0, 0.1));
  const x264 = await repeatableX264();
  const outputs = orders.map(({ n }) => tempPath(temp, n, ext));
  const jobs = orders.map(({ plan }, i) => jobFor(source, plan, x264, gains[i] ?? 0, outputs[i] ?? ''));
  await transcodeAll(jobs, partOf(ctx, 0.1, 0.7));
  try {
    const written = await Promise.all(outputs.map((path) => openMedia(path)));
    const pairs = written.map((variant, i) => ({ variant, plan: (orders[i] as FilmOrder).plan }));
    const likeness = await filmQualities(source.media, pairs, partOf(ctx, 0.7, 0.9));
    const made: MadeFilm[] = [];
    for (const [i, order] of orders.entries()) {
      const media = written[i];
      const like = likeness[i];
      const tempFile = outputs[i];
      if (!media || !like || tempFile === undefined) throw new RangeError('one file per order');
      const part = partOf(ctx, 0.9 + (0.1 * i) / orders.length, 0.9 + (0.1 * (i + 1)) / orders.length);
      const sound = media.audio ? await measureSound(media, ctx.signal, part.progress) : undefined;
      made.push({
        order,
        file: { tempPath: tempFile, ext, format, kind: 'video', ...(await sealFile(tempFile)) },
        print: { kind: 'video', film: filmPrint(like.frames), sound: sound?.print },
        measured: { ssim: like.ssim, psnr: like.psnr, ...soundQuality(source.sound, sound) },
        gain: gains[i] ?? 0,
      });
    }
    return made;
  } catch (thrown) {
    for (const path of outputs) await removeQuietly(path);
    throw thrown;
  }
}

type X264 = Awaited<ReturnType<typeof repeatableX264>>;

/** The part of the source that a plan takes. */
export function cutOf(
  { media }: FilmSource,
  { headMs, tailMs }: Pick<FilmPlan, 'headMs' | 'tailMs'>,
): Pick<TranscodeJob, 'startMs' | 'endMs'> {
  const endMs = media.durationMs === undefined || tailMs === 0 ? undefined : media.durationMs - tailMs;
  return { ...(headMs > 0 ? { startMs: headMs } : {}), ...(endMs === undefined ? {} : { endMs }) };
}

/** Everything of an encode but its sound, cut and output. */
export function pictureJob({ media, video, container }: FilmSource, plan: FilmPlan, repeatable: X264): Omit<TranscodeJob, 'output'> {
  const vp9 = container.muxer === 'webm';
  return {
    input: media.path,
    inputFormat: media.format,
    container: container.muxer,
    ...(container.muxer === 'mp4' || container.muxer === 'mov' ? { containerOptions: { movflags: '+faststart', empty_hdlr_name: 1 } } : {}),
    video: {
      filter: filmChain(plan, video),
      gopSize: plan.gop,
      keepRotation: !vp9,
      ...(vp9
        ? { encoder: 'libvpx-vp9', options: { crf: plan.crf + 10, b: 0, deadline: 'good', 'cpu-used': 5, 'row-mt': 1 } }
        : { encoder: 'libx264', maxBFrames: plan.bFrames, options: { preset: 'veryfast', crf: plan.crf, ...repeatable } }),
    },
  };
}

function jobFor(source: FilmSource, plan: FilmPlan, x264: X264, gain: number, output: string): TranscodeJob {
  const { media, container } = source;
  const picture = { ...pictureJob(source, plan, x264), ...cutOf(source, plan), output };
  if (!media.audio) return picture;
  const encoding = soundEncoding(media.audio, container.muxer);
  return { ...picture, audio: audioTrack(encoding, [soundOf(source, plan), soundTail(encoding, gain)].filter(Boolean).join(',')) };
}

function soundOf({ media }: FilmSource, plan: FilmPlan): string {
  return soundChain({ speed: 0, tempo: plan.speed, bells: plan.bells }, media.audio?.sampleRate ?? 48_000, 1);
}

async function gainsFor(source: FilmSource, orders: readonly FilmOrder[], ctx: JobContext): Promise<number[]> {
  const { media, sound } = source;
  if (!media.audio) return orders.map(() => 0);
  const chains = orders.map(({ plan }) => {
    const { endMs = 1e9 } = cutOf(source, plan);
    const part = `aselect=between(t\\,${(media.startMs + plan.headMs) / 1000}\\,${(media.startMs + endMs) / 1000})`;
    return [part, soundOf(source, plan)].filter(Boolean).join(',');
  });
  const changed = await loudnessAfter(media, chains, ctx.signal, ctx.progress);
  return changed.map((loudness) => {
    const known = sound?.loudness !== undefined && loudness !== undefined;
    return known ? Math.round(((sound.loudness ?? 0) - loudness) * 1000) / 1000 : 0;
  });
}
