import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { StreamFacts } from '../binaries/av.ts';
import type { JobContext } from '../job-context.ts';
import { type OpenMedia, openMedia } from '../measure/av-media.ts';
import { filmPrint, greyFrames, sampledFrames, samplingStep } from '../measure/film.ts';
import { type Luma, shrinkLuma } from '../measure/luma.ts';
import { type PdqPrint, pdq } from '../measure/pdq.ts';
import type { VideoPrint } from '../measure/print.ts';
import { measureSound, type SoundFacts } from '../measure/sound.ts';
import { noiseShare } from './detail.ts';
import { partOf } from './portions.ts';

const MIN_SIDE = 64;
const TRIAL_SIDE = 384;
const TRIAL_FRAMES = 16;
/** Least share of a preset's noise; films hide more of it than stills. */
const MIN_NOISE = 0.5;

/** What each format is written as. AVI has no place for modern streams, so it becomes MP4. */
const CONTAINERS: Readonly<Partial<Record<MediaFormat, { format: MediaFormat; muxer: string }>>> = {
  mp4: { format: 'mp4', muxer: 'mp4' },
  mov: { format: 'mov', muxer: 'mov' },
  mkv: { format: 'mkv', muxer: 'matroska' },
  webm: { format: 'webm', muxer: 'webm' },
  avi: { format: 'mp4', muxer: 'mp4' },
};

/** A film and what is known of it before any variant is made. */
export type FilmSource = {
  readonly media: OpenMedia;
  readonly video: StreamFacts;
  readonly print: VideoPrint;
  readonly sound: SoundFacts | undefined;
  /** Some frames, small, for trying out cuts. */
  readonly small: readonly Luma[];
  /** Share of a preset's noise that this film bears. */
  readonly noiseShare: number;
  /** What variants are written as. */
  readonly container: { readonly format: MediaFormat; readonly muxer: string; readonly ext: string };
};

/**
 * Measures a film for making variants of it.
 * @throws AppError engine.stepNotPossible (`reason`: tooSmall, noPicture, noEncoder), file.*
 */
export async function openFilm(path: string, ctx: JobContext): Promise<FilmSource> {
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
    container: { ...container, ext: FORMATS[container.format].extensions[0] },
    sound,
    print: { kind: 'video', film: filmPrint(frames), sound: sound?.print },
    small: small.filter((_, i) => i % every === 0),
    noiseShare: Math.max(MIN_NOISE, share),
  };
}
