import type { Model } from '@pingplex/shared/contracts/http';
import { PriceRule } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { Db } from '../../db/client.ts';
import type { CatalogueEntry } from './entry.ts';

const Name = z.string().min(1).max(100);

/**
 * What an operator changes of an entry without a release. `like` makes a new one: all that isn't said is as that one has it, also the
 * form of its settings. Generations that were priced before keep their price.
 */
export const CatalogueChange = z.strictObject({
  like: Name.optional(),
  providerModel: Name.optional(),
  label: z.strictObject({ en: Name, ru: Name }).optional(),
  /** False: shown as not available. */
  enabled: z.boolean().optional(),
  retiresAt: z.iso.date().nullable().optional(),
  price: PriceRule.optional(),
  limits: z
    .strictObject({
      maxPromptChars: z.int().min(1).max(32_000),
      maxSources: z.int().min(0).max(16),
      maxSourceBytes: z.int().min(0),
      maxSourceSeconds: z.int().min(1),
    })
    .partial()
    .optional(),
  /** Tasks of this model that may run at once, of all users. */
  maxParallel: z.int().min(1).max(1_000).nullable().optional(),
});
export type CatalogueChange = z.infer<typeof CatalogueChange>;
export type NamedChange = { id: string; change: CatalogueChange };

/** The catalogue as it is with these changes; new entries stand behind the one that they are like. */
export function applyChanges(entries: readonly CatalogueEntry[], changes: readonly NamedChange[]): CatalogueEntry[] {
  const changed = entries.map((entry) => withChange(entry, changes.find(({ id }) => id === entry.id)?.change));
  for (const { id, change } of changes) {
    const at = changed.findIndex((entry) => entry.id === change.like);
    const pattern = changed[at];
    if (!pattern || changed.some((entry) => entry.id === id)) continue;
    changed.splice(at + 1, 0, withChange({ ...pattern, id }, change));
  }
  return changed;
}

function withChange(entry: CatalogueEntry, change: CatalogueChange | undefined): CatalogueEntry {
  if (!change) return entry;
  const { like: _, limits, maxParallel, ...rest } = change;
  // The operator's price holds, whatever was announced before.
  const { nextPrice: __, ...base } = entry;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const named = Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined));
  return {
    ...(change.price === undefined ? entry : base),
    ...given,
    limits: { ...entry.limits, ...named } as Model['limits'],
    ...(maxParallel === undefined ? {} : { maxParallel: maxParallel ?? undefined }),
  };
}

/** All changes, in the order in which they were first made. */
export async function readChanges(db: Db): Promise<NamedChange[]> {
  const rows = await db.catalogueChange.findMany({ orderBy: [{ changedAt: 'asc' }, { id: 'asc' }] });
  // What an older or a newer program wrote and this one can't read stays without effect.
  return rows.flatMap(({ id, change }) => {
    const read = CatalogueChange.safeParse(change);
    return read.success ? [{ id, change: read.data }] : [];
  });
}

/** Joins a change with what was changed of this entry before; `null` takes all of it back. @throws AppError `request.invalid` */
export async function writeChange(db: Db, id: string, change: CatalogueChange | null, changedBy: string): Promise<void> {
  if (change === null) {
    await db.catalogueChange.deleteMany({ where: { id } });
    return;
  }
  const earlier = (await readChanges(db)).find((one) => one.id === id)?.change ?? {};
  const whole = JSON.parse(JSON.stringify({ ...earlier, ...change })) as object;
  if (!Name.safeParse(id).success) throw new AppError('request.invalid', `not a name of a model: ${id}`);
  await db.catalogueChange.upsert({ where: { id }, create: { id, change: whole, changedBy }, update: { change: whole, changedBy } });
}
