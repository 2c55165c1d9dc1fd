import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Capability } from '@pingplex/shared/contracts/http';
import type { PriceRule, SettingsValues } from '@pingplex/shared/domain';
import { z } from 'zod';
import type { SourceFile } from '../../providers/port.ts';
import type { Ref } from './settle.ts';
import type { Deps } from './types.ts';

/** Where an attempt's result is: in our store, or still with the provider. */
export type Place = { sha256: string; sizeBytes: number } | { url: string };

const SourceRole = z.enum(['image', 'mask', 'lastFrame', 'audio']);

/** A generation with the attempt of its present epoch, as the work on it needs them. */
export type Task = Ref & {
  state: string;
  providerModel: string;
  capability: Capability;
  prompt: string;
  settings: SettingsValues;
  price: PriceRule;
  isCancelWished: boolean;
  liveText: string | null;
  attempt: {
    submitKey: string;
    sentAt: Date | null;
    handle: string | null;
    polls: number;
    outputs: readonly Place[];
    tokens: { input: number; output: number } | null;
  };
};

/** Null when somebody else has moved the generation to another epoch. */
export async function readTask(deps: Deps, id: string, epoch: number): Promise<Task | null> {
  const row = await deps.db.generation.findFirst({ where: { id, epoch }, include: { attempts: { where: { epoch } } } });
  const attempt = row?.attempts[0];
  if (!row || !attempt) return null;
  const { userId, provider, units, credits, state, providerModel, prompt } = row;
  return {
    ...{ id, epoch, userId, provider, units, credits, state, providerModel, prompt },
    capability: Capability.parse(row.capability),
    settings: row.settings as SettingsValues,
    price: row.priceRule as PriceRule,
    isCancelWished: row.cancelRequestedAt !== null,
    liveText: row.liveText,
    attempt: {
      submitKey: attempt.submitKey,
      sentAt: attempt.sentAt,
      handle: attempt.providerTaskId,
      polls: attempt.polls,
      outputs: (attempt.outputs ?? []) as Place[],
      tokens: attempt.tokensIn === null || attempt.tokensOut === null ? null : { input: attempt.tokensIn, output: attempt.tokensOut },
    },
  };
}

/** The files that go along, or null when the store has lost one. */
export async function readSources(deps: Deps, id: string): Promise<SourceFile[] | null> {
  const rows = await deps.db.generationSource.findMany({ where: { generationId: id }, orderBy: { n: 'asc' } });
  const sources: SourceFile[] = [];
  for (const row of rows) {
    if ((await deps.storage.size(row.sha256)) === null) return null;
    const role = SourceRole.parse(row.role);
    sources.push({ role, mime: row.mime, bytes: await buffer(await deps.storage.get(row.sha256)) });
  }
  return sources;
}

/** The same user is the same tag for ever, and nobody can turn it back into an id without trying them all. */
export function tagOf(userId: string): string {
  return createHash('sha256').update(`pingplex-user:${userId}`).digest('hex').slice(0, 32);
}

/** Signs of life while the work lasts. */
export function keepLease(deps: Deps, ref: Pick<Ref, 'id' | 'epoch'>): { stop(): void } {
  const { leaseS } = deps.settings;
  const timer = setInterval(
    () => {
      deps.db.$executeRaw`UPDATE generation SET lease_until = now() + ${leaseS}::float8 * interval '1 second'
          WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state IN ('submitting', 'storing')`.catch(() => {
        // The next sign of life follows; when none gets through, the lease ends as it should.
      });
    },
    (leaseS * 1000) / 3,
  );
  return { stop: () => clearInterval(timer) };
}
