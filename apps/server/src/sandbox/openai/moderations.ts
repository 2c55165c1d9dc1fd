import { z } from 'zod';
import { ApiError } from './order.ts';

const CATEGORIES = [
  ...['harassment', 'harassment/threatening', 'hate', 'hate/threatening', 'illicit', 'illicit/violent', 'self-harm'],
  ...['self-harm/instructions', 'self-harm/intent', 'sexual', 'sexual/minors', 'violence', 'violence/graphic'],
];
const Part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.strictObject({ url: z.string().regex(/^(https|data):/) }) }),
]);
const Body = z.strictObject({ model: z.literal('omni-moderation-latest'), input: z.union([z.string(), z.array(Part).min(1)]) });

/** A word in the text orders the verdict: [[flag:hate]]. Pictures are always good. @throws ApiError 400 */
export function moderation(body: unknown, id: string): Record<string, unknown> {
  const read = Body.safeParse(body);
  if (!read.success)
    throw new ApiError(400, read.error.issues[0]?.message ?? 'invalid', { param: read.error.issues[0]?.path.join('.') ?? 'input' });
  const parts = typeof read.data.input === 'string' ? [{ type: 'text' as const, text: read.data.input }] : read.data.input;
  const text = parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
  const flagged = new Set([...text.matchAll(/\[\[flag:([a-z/-]+)\]\]/g)].map(([, name]) => name));
  const by = <T>(value: (name: string) => T) => Object.fromEntries(CATEGORIES.map((name) => [name, value(name)]));
  const result = {
    flagged: flagged.size > 0,
    categories: by((name) => flagged.has(name)),
    category_scores: by((name) => (flagged.has(name) ? 0.97 : 0.001)),
    category_applied_input_types: by(() => [...new Set(parts.map((part) => (part.type === 'text' ? 'text' : 'image')))]),
  };
  return { id: `modr-${id}`, model: read.data.model, results: [result] };
}
