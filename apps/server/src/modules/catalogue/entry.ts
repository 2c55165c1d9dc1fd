import type { Capability, Model } from '@pingplex/shared/contracts/http';
import type { PriceRule } from '@pingplex/shared/domain';
import type { z } from 'zod';

export type Label = { en: string; ru: string };

/** A model as we offer it. What the provider calls it and what we charge are data, not code. */
export type CatalogueEntry = {
  /** Ours; stays the same when the provider renames its model. */
  id: string;
  provider: Model['provider'];
  /** The provider's own name, sent to it and to nobody else. */
  providerModel: string;
  capability: Capability;
  label: Label;
  settings: z.ZodObject;
  limits: Model['limits'];
  resultKind: Model['resultKind'];
  price: PriceRule;
  /** What is asked from an announced day on, which the provider has told beforehand. */
  nextPrice?: { from: string; price: PriceRule };
  /** ISO date from which the provider no longer answers; null while none is announced. */
  retiresAt: string | null;
  /** False: shown, but not sold. */
  enabled?: boolean;
  /** Tasks of the provider's model that may run at once, of all users; undefined: only the provider's limit counts. */
  maxParallel?: number | undefined;
};

export const MIB = 1024 * 1024;

/** Limits of a model that takes no files. */
export const NO_SOURCES = { minSources: 0, maxSources: 0, maxSourceBytes: 0, sourceMimes: [] };

/** A setting's name in both languages, for its JSON Schema. */
export const label = (en: string, ru: string) => ({ 'x-label': { en, ru } });
/** The names of a setting's choices. */
export const optionLabels = (labels: Record<string, Label>) => ({ 'x-enum-labels': labels });
