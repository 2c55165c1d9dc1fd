import type OpenAI from 'openai';
import type { ModerationMultiModalInput } from 'openai/resources/moderations';
import type { SourceFile } from '../port.ts';

/** Scenes of fiction are full of both, and the providers judge them with more sense themselves. */
const ALLOWED = new Set(['violence', 'harassment']);
/** Pictures above this are left to the provider that works on them. */
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 15_000;

/** The free check of words and pictures. One picture goes with each request. */
export async function moderate(
  client: OpenAI,
  { prompt, images, signal }: { prompt: string; images: readonly SourceFile[]; signal: AbortSignal },
): Promise<string[] | null> {
  const pictures = images.filter(({ mime, bytes }) => mime.startsWith('image/') && bytes.length <= MAX_IMAGE_BYTES);
  const inputs: ModerationMultiModalInput[] = [
    ...(prompt === '' ? [] : [{ type: 'text' as const, text: prompt }]),
    ...pictures.map(({ mime, bytes }) => ({
      type: 'image_url' as const,
      image_url: { url: `data:${mime};base64,${bytes.toString('base64')}` },
    })),
  ];
  const found = new Set<string>();
  try {
    for (const input of inputs) {
      const body = { model: 'omni-moderation-latest', input: [input] };
      // Free and without effect: it may be asked again.
      const answer = await client.moderations.create(body, { signal, timeout: TIMEOUT_MS, maxRetries: 1 });
      for (const result of answer.results) {
        for (const [name, isHit] of Object.entries(result.categories)) if (isHit && !ALLOWED.has(name)) found.add(name);
      }
    }
  } catch {
    return null;
  }
  return [...found];
}
