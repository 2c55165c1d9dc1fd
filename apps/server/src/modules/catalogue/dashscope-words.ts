import type { PriceRule } from '@pingplex/shared/domain';
import { type CatalogueEntry, NO_SOURCES } from './entry.ts';
import { perToken, textSettings } from './openai-words.ts';

const text = (providerModel: string, name: string, price: PriceRule): CatalogueEntry => ({
  ...{
    id: `dashscope/${providerModel}`,
    provider: 'dashscope',
    providerModel,
    capability: 'text',
    resultKind: 'text',
    retiresAt: null,
    price,
  },
  label: { en: `${name}: text`, ru: `${name}: текст` },
  // It answers without thinking: see the adapter.
  settings: textSettings.omit({ effort: true }).strict(),
  limits: { maxPromptChars: 32_000, ...NO_SOURCES },
});

/** Texts by Model Studio; prices of a reseller's list of 2026-11. */
export const DASHSCOPE_WORDS: readonly CatalogueEntry[] = [
  text('qwen3.8-flash', 'Qwen 3.8 Flash', perToken(15, 47)),
  text('qwen3.8-max', 'Qwen 3.8 Max', perToken(200, 600)),
];
