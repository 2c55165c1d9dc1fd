import type OpenAI from 'openai';
import type { Check } from '../port.ts';

/** The free check of one word, and the list of models with the dates that were announced. */
export async function check(client: OpenAI, models: readonly string[], signal: AbortSignal): Promise<Check> {
  try {
    await client.moderations.create({ model: 'omni-moderation-latest', input: 'ok' }, { signal, maxRetries: 1 });
    const known = new Map<string, unknown>();
    for await (const model of client.models.list({ signal, maxRetries: 1 })) {
      known.set(model.id, 'shutdown_date' in model ? model.shutdown_date : undefined);
    }
    const notes = models.flatMap((name) => {
      if (!known.has(name)) return [`${name}: not in the list of this key`];
      const end = known.get(name);
      return typeof end === 'string' ? [`${name}: ends ${end}`] : [];
    });
    return { ok: true, message: 'the key is good', notes };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
