import { z } from 'zod';

const text = z.string().max(70_000);

/** What an image or film generator wrote into its output: the words it was asked with, and how it was set. */
export const GenerationData = z.object({
  /** Name of the program that writes in this form. */
  tool: z.string().max(100),
  prompts: z.array(text),
  negative: z.array(text),
  /** Settings as the program names them (seed, steps, sampler, model …). */
  settings: z.array(z.object({ name: z.string().max(200), value: z.string().max(2000) })),
  /** Tags that this was read from. */
  tags: z.array(z.string()),
});
export type GenerationData = z.infer<typeof GenerationData>;
