import { z } from 'zod';
import { KeepGroup } from '../../domain/media.ts';
import { CleanWishes, ConvertStep, UnicalizeStep } from '../../domain/recipe.ts';

/**
 * What main (or the command line) asks the engine to do. Paths are absolute. The engine never writes anywhere but
 * `temp.dir`, under names that begin with `temp.stem`; giving results their final names is the caller's business.
 */
const path = z.string().min(1).max(4096);

/** Where a job may write: `<dir>/<stem>-<n>.<ext>`. The stem starts with `.pingplex-`, so that leftovers can be found and swept. */
export const TempPlace = z.strictObject({
  dir: path,
  stem: z.string().regex(/^\.pingplex-[A-Za-z0-9_-]{1,100}$/),
});
export type TempPlace = z.infer<typeof TempPlace>;

/** `quick` answers from headers within milliseconds; `full` adds every tag that ExifTool knows. */
export const InspectJob = z.strictObject({ verb: z.literal('inspect'), path, depth: z.enum(['quick', 'full']) });

/** Oriented, colour-true WebP (images, video frames) or a drawn waveform (sound). */
export const ThumbnailJob = z.strictObject({
  verb: z.literal('thumbnail'),
  path,
  /** Longest side in pixels. */
  size: z.int().min(16).max(4096),
  /** Position of the frame in a video; default is one tenth of its length. */
  atMs: z.int().min(0).optional(),
  /** So many frames of a film, evenly over its length, side by side; `size` is then that of one of them. */
  frames: z.int().min(2).max(48).optional(),
  temp: TempPlace,
});

/** Something that Chromium can show: WebP for images it can't decode, a labelled 480p H.264/AAC proxy for video, AAC for sound. */
export const PreviewJob = z.strictObject({ verb: z.literal('preview'), path, temp: TempPlace });

export const WaveformJob = z.strictObject({
  verb: z.literal('waveform'),
  path,
  /** Number of peaks over the whole length. */
  peaks: z.int().min(16).max(8192),
  /** Also measure the integrated loudness, which decodes a second time. */
  loudness: z.boolean().optional(),
});

const stepJob = { path, temp: TempPlace };
export const CleanJob = z.strictObject({
  verb: z.literal('clean'),
  ...stepJob,
  keepGroups: z.array(KeepGroup).default([]),
  ...CleanWishes.shape,
});
export const UnicalizeJob = z.strictObject({
  verb: z.literal('unicalize'),
  ...stepJob,
  settings: UnicalizeStep.omit({ verb: true, keep: true }),
});
export const ConvertJob = z.strictObject({
  verb: z.literal('convert'),
  ...stepJob,
  settings: ConvertStep.omit({ verb: true, keep: true }),
  /** The file that `path` was made of, when it isn't the source itself: subtitles are looked for beside it. */
  original: path.optional(),
  /** Subtitles to use instead of those beside the file. */
  subtitleFile: path.optional(),
  /** Hardware encoders may be used; `cache` is the file where it is kept which of them work here. Without it libx264 encodes. */
  hardware: z.strictObject({ cache: path }).optional(),
});
export const CompareJob = z.strictObject({ verb: z.literal('compare'), a: path, b: path });
/** Size, SHA-256 and decodability of a file, for checking what came from the network or lies on disk. */
export const VerifyJob = z.strictObject({ verb: z.literal('verify'), path });

export const EngineJob = z.discriminatedUnion('verb', [
  InspectJob,
  ThumbnailJob,
  PreviewJob,
  WaveformJob,
  CleanJob,
  UnicalizeJob,
  ConvertJob,
  CompareJob,
  VerifyJob,
]);
export type EngineJob = z.infer<typeof EngineJob>;
export type EngineVerb = EngineJob['verb'];
