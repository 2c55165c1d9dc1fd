import { z } from 'zod';
import { FitMode, LoudnessTarget } from './convert-parts.ts';
import { MediaFormat, MediaKind } from './media.ts';

export const DestinationGroup = z.enum(['instagram', 'youtube', 'tiktok', 'vk', 'telegram', 'shops', 'podcast']);
export type DestinationGroup = z.infer<typeof DestinationGroup>;

const text = z.strictObject({ en: z.string().min(1).max(60), ru: z.string().min(1).max(60) });

/**
 * Where a file is meant for, as far as that decides its format. Only what the place asks for is named; what it leaves open stays
 * open. Sizes in pixels, lengths in milliseconds, rates per second.
 */
export const Destination = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  group: DestinationGroup,
  label: text,
  /** Kind of the result. Sound can be taken out of films; otherwise a file of another kind is left alone. */
  kind: MediaKind,
  format: MediaFormat,
  width: z.int().min(16).max(16_384).optional(),
  height: z.int().min(16).max(16_384).optional(),
  fit: FitMode,
  /** The place wants exactly this size, so smaller sources are enlarged. */
  enlarge: z.boolean().optional(),
  /** What borders are filled with: `#rrggbb` or `blur`. */
  background: z.string().optional(),
  quality: z.int().min(1).max(100).optional(),
  maxFps: z.number().min(1).max(120).optional(),
  /** Most that the picture track may take, bits per second. */
  videoBitRate: z.int().min(10_000).optional(),
  audioBitRate: z.int().min(8000).optional(),
  sampleRate: z.int().optional(),
  /** False where the place takes no sound at all. */
  sound: z.boolean().optional(),
  loudness: LoudnessTarget.optional(),
  maxBytes: z.int().min(1000).optional(),
  maxMs: z.int().min(100).optional(),
  /** Where the rules were read. */
  source: z.strictObject({ en: z.string().min(1).max(200), ru: z.string().min(1).max(200) }),
  /** Day, month or year of the rules: of the source when it bears a date (`dated`), else of the day when it was read. */
  rulesOf: z.string().regex(/^20\d\d(-\d\d(-\d\d)?)?$/),
  dated: z.boolean(),
});
export type Destination = z.infer<typeof Destination>;
