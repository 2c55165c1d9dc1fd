import { FetchFailure, openResult } from '../../providers/fetch-result.ts';
import type { Provider } from '../../providers/port.ts';
import { touchObject } from '../files/service.ts';
import type { Place, Task } from './task.ts';
import { type Deps, Superseded } from './types.ts';

/** A picture of 8K is under 100 MB, a film of half a minute in 4K under 400 MB. */
const MAX_BYTES = 512 * 1024 * 1024;
const SILENCE_MS = 20_000;
/** Below the time that the queue gives the job. */
const LONGEST_MS = 100_000;

type Stored = { sha256: string; sizeBytes: number };

/**
 * Fetches what the provider still keeps into our store, one after the other, and writes each down as soon as it is there: a crash
 * repeats at most one. A link that has ended is asked for anew, once.
 * @returns what could be had; an address that we don't visit is left out
 * @throws FetchFailure `trouble`: worth another try by the queue
 */
export async function fetchOutputs(deps: Deps, task: Task): Promise<Stored[]> {
  const provider = deps.providers[task.provider];
  let places = task.attempt.outputs;
  let hasRenewed = false;
  for (let n = 0; n < places.length; n += 1) {
    const place = places[n];
    if (!place || !('url' in place)) continue;
    try {
      const stored = await fetchOne(deps, provider, place.url);
      places = places.with(n, stored);
      await writeDown(deps, task, places);
    } catch (error) {
      if (!(error instanceof FetchFailure) || error.kind === 'trouble') throw error;
      deps.log.warn({ generationId: task.id, attempt: task.epoch, event: error.kind }, 'a result could not be fetched');
      const renewed = error.kind === 'gone' && !hasRenewed ? await renew(task, provider) : null;
      if (renewed?.length !== places.length) continue;
      hasRenewed = true;
      // What is stored already stays; the others get their new addresses, and this one another try.
      places = places.map((old, i) => ('url' in old ? (renewed[i] ?? old) : old));
      await writeDown(deps, task, places);
      n -= 1;
    }
  }
  return places.filter((place): place is Stored => 'sha256' in place);
}

async function fetchOne(deps: Deps, provider: Provider | undefined, url: string): Promise<Stored> {
  const access = provider?.files ?? { trustedOrigins: [] };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const stream = await openResult(url, access, { maxBytes: MAX_BYTES, silenceMs: SILENCE_MS, signal });
  const stored = await deps.storage.put(stream);
  await touchObject(deps.db, stored.sha256, stored.sizeBytes);
  // The same bytes, forgotten for a day, may have been swept between the two: then they come again.
  if ((await deps.storage.size(stored.sha256)) === null) throw new FetchFailure('trouble', 'the object was swept meanwhile');
  return stored;
}

async function renew(task: Task, provider: Provider | undefined): Promise<{ url: string }[] | null> {
  if (task.attempt.handle === null || !provider?.tasks) return null;
  const { handle } = task.attempt;
  const about = { handle, capability: task.capability, providerModel: task.providerModel, signal: AbortSignal.timeout(LONGEST_MS) };
  const answer = await provider.tasks.poll(about);
  if (answer.kind !== 'delivered') return null;
  return answer.outputs.flatMap((output) => (Buffer.isBuffer(output) ? [] : [output]));
}

async function writeDown(deps: Deps, task: Task, places: readonly Place[]): Promise<void> {
  const mine = await deps.db.$executeRaw`
    UPDATE attempt a SET outputs = ${JSON.stringify(places)}::jsonb FROM generation g
    WHERE a.generation_id = ${task.id}::uuid AND a.epoch = ${task.epoch} AND g.id = a.generation_id AND g.epoch = a.epoch AND g.state = 'storing'`;
  if (mine === 0) throw new Superseded();
}
