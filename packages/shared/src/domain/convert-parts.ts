import { z } from 'zod';

/** `inside` keeps the whole picture and its shape, `crop` fills the size and loses what sticks out, `pad` adds borders. */
export const FitMode = z.enum(['inside', 'crop', 'pad']);
export type FitMode = z.infer<typeof FitMode>;

/** `exact` encodes anew and begins where it is told; `lossless` copies and can only begin at a key frame. */
export const CutMode = z.enum(['exact', 'lossless']);
export type CutMode = z.infer<typeof CutMode>;

/** What borders are filled with: a colour, or the picture itself, enlarged and blurred. */
export const Background = z.string().regex(/^(blur|#[0-9a-fA-F]{6})$/, 'neither #rrggbb nor blur');

/** Integrated loudness after EBU R 128 in LUFS, and the highest true peak in dBTP. */
export const LoudnessTarget = z.strictObject({
  lufs: z.number().min(-40).max(-5),
  truePeakDb: z.number().min(-9).max(0).default(-1),
});
export type LoudnessTarget = z.infer<typeof LoudnessTarget>;

/** Several pictures of one film: so many, evenly spread, or one every so many milliseconds. */
export const FrameChoice = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('count'), count: z.int().min(1).max(500) }),
  z.strictObject({ by: z.literal('interval'), everyMs: z.int().min(40).max(86_400_000) }),
]);
export type FrameChoice = z.infer<typeof FrameChoice>;

/** `burn` draws them into the picture, `track` adds a track that players can switch on. */
export const SubtitleMode = z.enum(['burn', 'track']);
export type SubtitleMode = z.infer<typeof SubtitleMode>;
