import { z } from 'zod';
import { Background, CutMode, FitMode, FrameChoice, LoudnessTarget, SubtitleMode } from './convert-parts.ts';
import { DestinationId } from './destinations.ts';
import { RecipeId } from './ids.ts';
import { KeepGroup, MediaFormat, type MediaKind } from './media.ts';

export const Strength = z.enum(['light', 'balanced', 'strong']);
export type Strength = z.infer<typeof Strength>;

const common = {
  /** Save this step's files as results too, even when a later step works on with them. The last step's files always are. */
  keep: z.boolean().default(false),
};

/** How exactly a place may still be told: to about 1 km with the town's name, or to about 10 km with the region's. */
export const CoarsePlace = z.enum(['city', 'region']);
export type CoarsePlace = z.infer<typeof CoarsePlace>;
export const CoarseTime = z.enum(['day', 'month', 'year']);
export type CoarseTime = z.infer<typeof CoarseTime>;
/** Groups that are made less exact instead of kept or removed; this goes before `keepGroups`. */
export const Coarsen = z.strictObject({ place: CoarsePlace.optional(), time: CoarseTime.optional() });
export type Coarsen = z.infer<typeof Coarsen>;

/** What a clean does beside keeping groups; all optional, so that older recipes stay as they are. */
export const CleanWishes = z.strictObject({
  coarsen: Coarsen.optional(),
  /** Content Credentials go only when this says so; without it a file that carries them is refused. They can't be kept: any change breaks their seal. */
  removeCredentials: z.boolean().optional(),
  /** False gives results today's date instead of the source's. */
  keepFileDates: z.boolean().optional(),
});
export type CleanWishes = z.infer<typeof CleanWishes>;

export const CleanStep = z.strictObject({
  verb: z.literal('clean'),
  ...common,
  keepGroups: z.array(KeepGroup).max(KeepGroup.options.length).default([]),
  ...CleanWishes.shape,
});

export const UnicalizeStep = z.strictObject({
  verb: z.literal('unicalize'),
  ...common,
  variants: z.int().min(1).max(100).default(3),
  strength: Strength.default('balanced'),
  /** The same seed on the same version of the engine gives the same bytes. */
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** Wanted distance from the source and between sisters: PDQ bits 0–256 for pictures and frames, 0–100 (dissimilarity in %) for sound. */
  minDistance: z.number().min(0).max(256).optional(),
  /** Lowest acceptable quality against the same geometry: SSIM 0–1. */
  minQuality: z.number().min(0).max(1).optional(),
  /** Allow mirroring (off by default: it spoils text and faces). */
  mirror: z.boolean().default(false),
});

export const ConvertStep = z.strictObject({
  verb: z.literal('convert'),
  ...common,
  /** Rules of a place; whatever else the step names goes before them. */
  preset: DestinationId.optional(),
  /** Undefined keeps the source's format. A format of another kind extracts (video → mp3 takes the sound, video → jpeg a frame). */
  format: MediaFormat.optional(),
  width: z.int().min(16).max(16384).optional(),
  height: z.int().min(16).max(16384).optional(),
  /** `inside` when neither step nor preset says. */
  fit: FitMode.optional(),
  /** Enlarge what is smaller than the wanted size; never without being asked. */
  enlarge: z.boolean().optional(),
  /** For the borders of `pad`; white in JPEG, clear in other pictures and black in films when nobody says. */
  background: Background.optional(),
  /** 1 (small) – 100 (best); 85 when nobody says. */
  quality: z.int().min(1).max(100).optional(),
  /** Largest file allowed; the bit rate or quality is lowered until it fits. */
  maxBytes: z.int().min(1000).max(1_000_000_000_000).optional(),
  trimStartMs: z.int().min(0).optional(),
  trimEndMs: z.int().min(1).optional(),
  /** `exact` when nobody says. */
  cut: CutMode.optional(),
  /** Cut what is longer than the preset allows, instead of refusing it. */
  cutToLimit: z.boolean().optional(),
  /** Several frames of a film as pictures, instead of one. */
  frames: FrameChoice.optional(),
  /** With the SRT or VTT file that lies beside the source. */
  subtitles: SubtitleMode.optional(),
  loudness: LoudnessTarget.optional(),
});
export type ConvertStep = z.output<typeof ConvertStep>;

export const GenerateStep = z.strictObject({
  verb: z.literal('generate'),
  ...common,
  modelId: z.string().min(1).max(100),
  prompt: z.string().min(1).max(32_000),
  /** Checked against the model's JSON Schema by app and server. */
  settings: z.record(z.string().max(64), z.union([z.string().max(2000), z.number(), z.boolean()])).default({}),
  /** `each` sends every file that reaches this step; `first` sends only the first one of each item. */
  applyTo: z.enum(['each', 'first']).default('first'),
});

export const Step = z.discriminatedUnion('verb', [CleanStep, UnicalizeStep, ConvertStep, GenerateStep]);
export type Step = z.infer<typeof Step>;
export type StepInput = z.input<typeof Step>;
export type StepVerb = Step['verb'];

export const Recipe = z.strictObject({
  id: RecipeId,
  name: z.string().trim().min(1).max(120),
  version: z.literal(1).default(1),
  steps: z.array(Step).min(1).max(12),
});
export type Recipe = z.infer<typeof Recipe>;

/** What to do when the wanted name is already taken. */
export const ConflictRule = z.enum(['number', 'skip', 'replace']);
export type ConflictRule = z.infer<typeof ConflictRule>;

/** How results are named when they are written; `folder` is an absolute path chosen by the user in main's dialog. */
export const OutputRule = z.strictObject({
  folder: z.string().min(1).max(4096),
  template: z.string().min(1).max(300).default('{name}-{variant}'),
  conflict: ConflictRule.default('number'),
  keepTree: z.boolean().default(false),
});
export type OutputRule = z.infer<typeof OutputRule>;

/** Kinds that each verb can work on; an item whose kind isn't listed passes that step unchanged. `generate` is narrowed by its model. */
export const VERB_KINDS: Readonly<Record<StepVerb, readonly MediaKind[]>> = {
  clean: ['image', 'video', 'audio'],
  unicalize: ['image', 'video', 'audio'],
  convert: ['image', 'video', 'audio'],
  generate: ['image'],
};

/** Verbs whose step leaves the machine and costs credits. */
export function isCloudStep(step: Pick<Step, 'verb'>): boolean {
  return step.verb === 'generate';
}
