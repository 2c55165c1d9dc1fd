import type { Quality, TempPlace, UnicalizeJob, Variant, WrittenFile } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { StreamFacts } from '../binaries/av.ts';
import type { TranscodeJob } from '../binaries/transcode.ts';
import { repeatableX264 } from '../binaries/x264-options.ts';
import type { JobContext } from '../job-context.ts';
import { type OpenMedia, openMedia } from '../measure/av-media.ts';
import { filmPrint, greyFrames, sampledFrames, samplingStep } from '../measure/film.ts';
import { type Luma, shrinkLuma } from '../measure/luma.ts';
import { type PdqPrint, pdq } from '../measure/pdq.ts';
import { distanceOf, type Print, type VideoPrint } from '../measure/print.ts';
import { soundQuality } from '../measure/run-compare.ts';
import { measureSound, type SoundFacts } from '../measure/sound.ts';
import { noiseShare } from './detail.ts';
import { drawFilm, FILM_LEVELS, FILM_TRIES_PER_LEVEL, type FilmPlan, filmChain, tryCut, weaker } from './film-plan.ts';
import { filmQuality } from './film-quality.ts';
import { Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';
import { type Done, searchVariant } from './search.ts';
import { type Made, nearestFigure, reaches, withSisters } from './sisters.ts';
import { audioTrack, soundEncoding, soundTail } from './sound-encoding.ts';
import { soundChain } from './sound-plan.ts';
import { encodeAside, flat, loudnessGain } from './unicalize-sound.ts';

type Settings = z.infer<typeof UnicalizeJob>['settings'];

const MIN_SIDE = 64;
const TRIAL_SIDE = 384;
const TRIAL_FRAMES = 16;
/** Bits by which a try may be wrong about the finished film: it sees few frames, without the encoder's losses. */
const TRIAL_MARGIN = 6;
const CONFIRMATIONS = 2;
/** Share of the whole job that measuring the source takes. */
const OPENING = 0.1;
/** Weaker and weaker changes of light, colour and noise, encoded better and better, until the quality is reached. */
const DOSES = [
  { dose: 1, better: 0 },
  { dose: 0.5, better: 2 },
  { dose: 0, better: 4 },
] as const;

/** What each format is written as. AVI has no place for modern streams, so it becomes MP4. */
const CONTAINERS: Readonly<Partial<Record<MediaFormat, { format: MediaFormat; muxer: string }>>> = {
  mp4: { format: 'mp4', muxer: 'mp4' },
  mov: { format: 'mov', muxer: 'mov' },
  mkv: { format: 'mkv', muxer: 'matroska' },
  webm: { format: 'webm', muxer: 'webm' },
  avi: { format: 'mp4', muxer: 'mp4' },
};

type Source = {
  readonly media: OpenMedia;
  readonly video: StreamFacts;
  readonly print: VideoPrint;
  readonly sound: SoundFacts | undefined;
  /** Some frames, small, for trying out cuts. */
  readonly small: readonly Luma[];
  readonly noiseShare: number;
  readonly container: { readonly format: MediaFormat; readonly muxer: string };
};
type Written = Done & {
  readonly file: WrittenFile;
  readonly print: VideoPrint;
  readonly quality: Quality;
  readonly plan: FilmPlan;
  readonly dose: number;
  readonly gain: number;
};

/**
 * Makes variants of a film: off-centre cut at the same size, light, colour, noise, speed, trimmed ends, another rhythm of key frames;
 * sound at the same speed and loudness.
 * @throws AppError engine.stepNotPossible (`reason`: tooSmall, noPicture, noEncoder), file.*, output.*
 */
export async function unicalizeFilm(
  path: string,
  temp: TempPlace,
  settings: Settings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const source = await openSource(path, partOf(ctx, 0, OPENING));
  const made: Made[] = [];
  for (let n = 1; n <= settings.variants; n++) {
    const end = (of: number) => OPENING + ((1 - OPENING) * of) / settings.variants;
    const part = partOf(ctx, end(n - 1), end(n));
    made.push(await makeVariant(source, n, settings, targets, temp, made, part));
    part.progress(1);
  }
  return withSisters(made, source.print, targets);
}

async function openSource(path: string, ctx: JobContext): Promise<Source> {
  const { signal } = ctx;
  const media = await openMedia(path);
  const container = CONTAINERS[media.format];
  const { video } = media;
  if (!container) throw new AppError('engine.stepNotPossible', `no muxer for ${media.format}`, { params: { reason: 'noEncoder' } });
  if (!video?.width || !video.height) throw new AppError('engine.stepNotPossible', 'no picture', { params: { reason: 'noPicture' } });
  if (Math.min(video.width, video.height) < MIN_SIDE) {
    throw new AppError('engine.stepNotPossible', `${video.width}x${video.height} is too small to be changed without being seen`, {
      params: { reason: 'tooSmall', width: video.width, height: video.height, least: MIN_SIDE },
    });
  }
  const frames: PdqPrint[] = [];
  const small: Luma[] = [];
  let share = 0;
  for await (const luma of greyFrames(media, samplingStep(media), signal)) {
    frames.push(pdq(shrinkLuma(luma)));
    if (small.length === 0) share = noiseShare(luma);
    small.push(shrinkLuma(luma, TRIAL_SIDE));
    partOf(ctx, 0, 0.8).progress(frames.length / sampledFrames(media));
  }
  if (frames.length === 0) throw new AppError('file.damaged', 'no picture of the film decodes');
  const every = Math.ceil(small.length / TRIAL_FRAMES);
  const sound = media.audio ? await measureSound(media, signal, partOf(ctx, 0.8, 1).progress) : undefined;
  return {
    media,
    video,
    container,
    sound,
    print: { kind: 'video', film: filmPrint(frames), sound: sound?.print },
    small: small.filter((_, i) => i % every === 0),
    noiseShare: Math.max(0.5, share),
  };
}

async function makeVariant(
  source: Source,
  n: number,
  { seed, strength, mirror }: Settings,
  targets: Targets,
  temp: TempPlace,
  sisters: readonly Made[],
  ctx: JobContext,
): Promise<Made> {
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, source.print, others, targets);
  const portions = new Portions(ctx);
  const { done, tried, attempts } = await searchVariant<FilmPlan, Written>(
    {
      tries: FILM_LEVELS * FILM_TRIES_PER_LEVEL,
      margin: TRIAL_MARGIN,
      confirmations: CONFIRMATIONS,
      draw: (attempt) => drawFilm(seed, n, attempt, strength, mirror, source.media.durationMs ?? 0),
      tryOut: (plan) => {
        const frames = source.small.map((luma) => pdq(tryCut(luma, plan)));
        return figureOf({ kind: 'video', film: filmPrint(frames), sound: undefined });
      },
      finish: async ({ plan }) => {
        const written = await encodeUntilGood(source, plan, n, targets, temp, portions);
        return { ...written, figure: figureOf(written.print) };
      },
    },
    targets,
    ctx.signal,
  );
  const { bells, ...figures } = done.plan;
  const sound = source.media.audio ? { ...flat({ speed: done.plan.speed, tempo: 0, bells }), gain: done.gain } : {};
  const parameters: Variant['parameters'] = { ...sound, ...figures, dose: done.dose, draw: tried.attempt };
  delete parameters['tempo'];
  if (source.container.format !== source.media.format) parameters['writtenAs'] = source.container.format;
  return {
    print: done.print,
    quality: done.quality.ssim,
    variant: { n, file: done.file, parameters, fromSource: distanceOf(source.print, done.print), quality: done.quality, attempts },
  };
}

async function encodeUntilGood(
  source: Source,
  drawn: FilmPlan,
  n: number,
  targets: Targets,
  temp: TempPlace,
  portions: Portions,
): Promise<Omit<Written, 'figure'>> {
  const { format } = source.container;
  for (const [i, { dose, better }] of DOSES.entries()) {
    const plan = { ...weaker(drawn, dose, source.noiseShare), crf: drawn.crf - better };
    const pass = portions.next();
    const { job, gain } = await encodingJob(source, plan, partOf(pass, 0, 0.1));
    const file = await encodeAside(job, { n, ext: FORMATS[format].extensions[0], kind: 'video', format }, temp, partOf(pass, 0.1, 0.7));
    const written = await openMedia(file.tempPath);
    const { frames, ssim, psnr } = await filmQuality(source.media, written, plan, partOf(pass, 0.7, 0.9));
    const sound = written.audio ? await measureSound(written, pass.signal, partOf(pass, 0.9, 1).progress) : undefined;
    const quality = { ssim, psnr, ...soundQuality(source.sound, sound) };
    if (reaches(ssim, targets.minQuality) || i === DOSES.length - 1) {
      return { file, print: { kind: 'video', film: filmPrint(frames), sound: sound?.print }, quality, plan, dose, gain, encodes: i + 1 };
    }
  }
  throw new RangeError('there is at least one dose');
}

async function encodingJob(source: Source, plan: FilmPlan, ctx: JobContext): Promise<{ job: Omit<TranscodeJob, 'output'>; gain: number }> {
  const { media, video, container } = source;
  const endMs = media.durationMs === undefined || plan.tailMs === 0 ? undefined : media.durationMs - plan.tailMs;
  const chain = soundChain({ speed: 0, tempo: plan.speed, bells: plan.bells }, media.audio?.sampleRate ?? 48_000, 1);
  const part = `aselect=between(t\\,${(media.startMs + plan.headMs) / 1000}\\,${(media.startMs + (endMs ?? 1e9)) / 1000})`;
  const gain = media.audio ? await loudnessGain(media, source.sound?.loudness, [part, chain].filter(Boolean).join(','), ctx) : 0;
  const encoding = media.audio ? soundEncoding(media.audio, container.muxer) : undefined;
  const vp9 = container.muxer === 'webm';
  return {
    gain,
    job: {
      input: media.path,
      container: container.muxer,
      ...(container.muxer === 'mp4' || container.muxer === 'mov'
        ? { containerOptions: { movflags: '+faststart', empty_hdlr_name: 1 } }
        : {}),
      video: {
        filter: filmChain(plan, video),
        gopSize: plan.gop,
        keepRotation: !vp9,
        ...(vp9
          ? { encoder: 'libvpx-vp9', options: { crf: plan.crf + 10, b: 0, deadline: 'good', 'cpu-used': 5, 'row-mt': 1 } }
          : { encoder: 'libx264', maxBFrames: plan.bFrames, options: { preset: 'veryfast', crf: plan.crf, ...(await repeatableX264()) } }),
      },
      ...(encoding ? { audio: audioTrack(encoding, [chain, soundTail(encoding, gain)].filter(Boolean).join(',')) } : {}),
      ...(plan.headMs > 0 ? { startMs: plan.headMs } : {}),
      ...(endMs === undefined ? {} : { endMs }),
    },
  };
}
