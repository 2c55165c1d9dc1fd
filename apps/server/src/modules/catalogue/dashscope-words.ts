import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, NO_SOURCES, optionLabels } from './entry.ts';
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

const speechSettings = z.strictObject({
  voice: z.enum(['Cherry', 'Serena', 'Ethan', 'Chelsie']).default('Cherry').meta(label('Voice', 'Голос')),
  language_type: z
    .enum(['Auto', 'English', 'Russian', 'Chinese', 'Spanish', 'German', 'French', 'Portuguese', 'Italian', 'Japanese', 'Korean'])
    .default('Auto')
    .meta({ ...label('Language', 'Язык'), ...optionLabels({ Auto: { en: 'Found by itself', ru: 'Определить' } }) }),
});

/** Texts and speech by Model Studio; prices of a reseller's list of 2026-11. */
export const DASHSCOPE_WORDS: readonly CatalogueEntry[] = [
  text('qwen3.8-flash', 'Qwen 3.8 Flash', perToken(15, 47)),
  text('qwen3.8-max', 'Qwen 3.8 Max', perToken(200, 600)),
  {
    ...{ id: 'dashscope/qwen3-tts-flash', provider: 'dashscope', providerModel: 'qwen3-tts-flash', capability: 'speech' },
    ...{ resultKind: 'audio', retiresAt: null },
    label: { en: 'Qwen 3 TTS: speech', ru: 'Qwen 3 TTS: речь' },
    settings: speechSettings,
    limits: { maxPromptChars: 600, ...NO_SOURCES },
    price: { kind: 'perUnit', unit: 'thousandCharacters', base: 1, factors: [], since: '2026-11-24' },
  },
];
