import type { Model } from '@pingplex/shared/contracts/http';
import { type Measures, type Price, priceOf, type SettingsValues } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import { applyChanges, type NamedChange } from './changes.ts';
import type { CatalogueEntry } from './entry.ts';
import { CATALOGUE } from './models.ts';

export { CatalogueChange, type NamedChange, readChanges, writeChange } from './changes.ts';
export type { CatalogueEntry } from './entry.ts';
export { MASK_MAX_BYTES } from './openai-models.ts';

/** Whether a provider can be asked, and who answers. */
export type ProviderAccess = { available: boolean; sandbox: boolean };

/** A change of the operator is everywhere within this time. */
const FRESH_MS = 3_000;

export type Catalogue = {
  /** Takes up what the operator has changed; asks the database at most every few seconds. Before `list` and `require`. */
  refresh(): Promise<void>;
  /** Without those that are retired. */
  list(): Model[];
  /** Every entry as it stands, for the operator and for limits. */
  entries(): readonly CatalogueEntry[];
  /** @throws AppError `generation.modelUnknown`, or `generation.modelUnavailable` when it is retired or nobody would answer */
  require(id: string): { entry: CatalogueEntry; sandbox: boolean };
};

/**
 * @param access by provider: a key is there, or our stand-in answers; one that isn't named is not available
 * @param now clock for retirement dates
 * @param load what the operator has changed
 */
export function createCatalogue(
  access: Readonly<Partial<Record<CatalogueEntry['provider'], ProviderAccess>>>,
  now: () => Date = () => new Date(),
  basis: readonly CatalogueEntry[] = CATALOGUE,
  load: () => Promise<readonly NamedChange[]> = async () => [],
): Catalogue {
  let stored = basis;
  let loadedAt = Number.NEGATIVE_INFINITY;
  const isAvailable = (entry: CatalogueEntry): boolean =>
    access[entry.provider]?.available === true && entry.enabled !== false && !isRetired(entry, now());
  const entries = () => stored.map((entry) => atPriceOf(entry, now()));
  return {
    async refresh() {
      if (performance.now() - loadedAt < FRESH_MS) return;
      stored = applyChanges(basis, await load());
      loadedAt = performance.now();
    },
    entries,
    list() {
      const living = entries().filter((entry) => !isRetired(entry, now()));
      return living.map((entry) => ({
        id: entry.id,
        provider: entry.provider,
        capability: entry.capability,
        label: entry.label,
        settingsSchema: schemaOf(entry),
        limits: entry.limits,
        resultKind: entry.resultKind,
        price: entry.price,
        available: isAvailable(entry),
        sandbox: access[entry.provider]?.sandbox ?? false,
        retiresAt: entry.retiresAt,
      }));
    },
    require(id) {
      const entry = entries().find((candidate) => candidate.id === id);
      if (!entry) throw new AppError('generation.modelUnknown', 'no such model in the catalogue', { params: { model: id } });
      if (!isAvailable(entry)) throw new AppError('generation.modelUnavailable', 'the model is not available', { params: { model: id } });
      return { entry, sandbox: access[entry.provider]?.sandbox ?? false };
    },
  };
}

/** The entry with the price of this day. */
function atPriceOf(entry: CatalogueEntry, now: Date): CatalogueEntry {
  const { nextPrice } = entry;
  return nextPrice && now.toISOString().slice(0, 10) >= nextPrice.from ? { ...entry, price: nextPrice.price } : entry;
}

function isRetired(entry: CatalogueEntry, now: Date): boolean {
  return entry.retiresAt !== null && now.toISOString().slice(0, 10) >= entry.retiresAt;
}

const schemas = new WeakMap<CatalogueEntry['settings'], Record<string, unknown>>();

/** The settings as JSON Schema; defaults are filled in by us, so none is required of the client. */
function schemaOf(entry: CatalogueEntry): Record<string, unknown> {
  const known = schemas.get(entry.settings);
  if (known) return known;
  const made = { ...z.toJSONSchema(entry.settings, { io: 'input' }) } as Record<string, unknown>;
  schemas.set(entry.settings, made);
  return made;
}

/**
 * Fills in defaults and proves the settings.
 * @throws AppError `generation.settingsInvalid` naming the first setting that is wrong
 */
export function completeSettings(entry: CatalogueEntry, given: unknown): SettingsValues {
  const parsed = entry.settings.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : '');
    throw new AppError('generation.settingsInvalid', issue?.message ?? 'settings refused', {
      field: `settings.${field}`,
      params: { setting: field },
    });
  }
  const settings = parsed.data as SettingsValues;
  if (settings['background'] === 'transparent' && settings['output_format'] === 'jpeg') {
    throw new AppError('generation.settingsInvalid', 'jpeg has no transparency', {
      field: 'settings.background',
      params: { setting: 'background' },
    });
  }
  return settings;
}

/** What one generation costs with these complete settings, at most. */
export function quote(entry: CatalogueEntry, settings: SettingsValues, measures: Measures = {}): Price {
  return priceOf(entry.price, settings, measures);
}
