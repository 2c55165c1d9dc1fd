import { captureFor, creditsForTokens } from '@pingplex/shared/domain';
import type { VerifiedOutput } from './settle.ts';
import type { Task } from './task.ts';

/** What the delivered part costs: by the units that came, or by the tokens that were counted; never more than is held. */
export function creditsFor(task: Task, outputs: readonly VerifiedOutput[]): number {
  if (task.price.kind === 'perToken') {
    const written = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const tokens = task.attempt.tokens ?? { input: roughTokens(Buffer.byteLength(task.prompt)), output: roughTokens(written) };
    return Math.min(task.credits, creditsForTokens(task.price, tokens));
  }
  return captureFor(task.credits, task.units, deliveredUnits(task, task.price.unit, outputs));
}

/** Our own count, when the provider's is missing: about four bytes of text make a token. */
const roughTokens = (bytes: number): number => Math.ceil(bytes / 4);

/** Pictures by their number; films by their whole seconds (encoders end a few pictures early or late), never more than were ordered; a text or a sound is whole. */
function deliveredUnits(task: Task, unit: string, outputs: readonly VerifiedOutput[]): number {
  if (unit === 'image') return outputs.length;
  if (unit !== 'second') return task.units;
  const seconds = outputs.reduce((sum, output) => sum + Math.round((output.durationMs ?? 0) / 1000), 0);
  return Math.min(task.units, Math.max(1, seconds));
}
