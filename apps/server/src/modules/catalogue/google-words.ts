import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, MIB, NO_SOURCES } from './entry.ts';
import { perToken, textSettings } from './openai-words.ts';

const VOICES = (
  'Kore Zephyr Puck Charon Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina Erinome Algenib ' +
  'Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi Vindemiatrix Sadachbia Sadaltager Sulafat'
).split(' ') as [string, ...string[]];
const speechSettings = z.strictObject({
  voice: z.enum(VOICES).default('Kore').meta(label('Voice', 'Голос')),
  manner: z.string().max(500).default('').meta(label('Manner', 'Манера')),
});

/** From this day on two of the prices double, as the vendor's page of 2026-10 says. */
const DEARER_FROM = '2027-01-01';

const perThousand = (base: number, since: string): PriceRule => ({ kind: 'perUnit', unit: 'thousandCharacters', base, factors: [], since });

const speech = (providerModel: string, name: string, base: number, next: number | null): CatalogueEntry => ({
  ...{ id: `google/${providerModel}`, provider: 'google', providerModel, capability: 'speech', resultKind: 'audio', retiresAt: null },
  label: { en: `${name}: speech`, ru: `${name}: речь` },
  settings: speechSettings,
  // 8,192 tokens of any script.
  limits: { maxPromptChars: 8_000, ...NO_SOURCES },
  price: perThousand(base, '2026-11-24'),
  ...(next === null ? {} : { nextPrice: { from: DEARER_FROM, price: perThousand(next, DEARER_FROM) } }),
});

const text = (providerModel: string, name: string, price: PriceRule, next: PriceRule | null): CatalogueEntry => ({
  ...{ id: `google/${providerModel}`, provider: 'google', providerModel, capability: 'text', resultKind: 'text', retiresAt: null, price },
  label: { en: `${name}: text`, ru: `${name}: текст` },
  settings: textSettings,
  limits: {
    ...{ maxPromptChars: 32_000, minSources: 0, maxSources: 8, maxSourceBytes: 7 * MIB },
    sourceMimes: ['image/png', 'image/jpeg', 'image/webp'],
  },
  ...(next === null ? {} : { nextPrice: { from: DEARER_FROM, price: { ...next, since: DEARER_FROM } } }),
});

/** Texts, speech and music, by Google. */
export const GOOGLE_WORDS: readonly CatalogueEntry[] = [
  text('gemini-3.8-flash', 'Gemini 3.8 Flash', perToken(75, 375), perToken(150, 750)),
  text('gemini-3.5-flash-lite', 'Gemini 3.5 Flash Lite', perToken(30, 250), null),
  speech('gemini-3.8-flash-tts', 'Gemini 3.8 Flash', 1.35, 2.7),
  speech('gemini-3.8-flash-lite-tts', 'Gemini 3.8 Flash Lite', 0.9, null),
  {
    ...{
      id: 'google/lyria-3.5',
      provider: 'google',
      providerModel: 'lyria-3.5',
      capability: 'music',
      resultKind: 'audio',
      retiresAt: null,
    },
    label: { en: 'Lyria 3.5: music', ru: 'Lyria 3.5: музыка' },
    // Length, sections, tempo and "instrumental only" are said in the prompt.
    settings: z.strictObject({}),
    limits: { maxPromptChars: 4_000, ...NO_SOURCES },
    price: { kind: 'perUnit', unit: 'song', base: 8, factors: [], since: '2026-11-24' },
  },
];
