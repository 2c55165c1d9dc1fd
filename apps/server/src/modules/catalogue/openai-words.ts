import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, MIB, NO_SOURCES, optionLabels } from './entry.ts';

/** How long an answer may be, how much the model thinks before it, and what it is told about its role. */
export const textSettings = z.strictObject({
  max_output_tokens: z.int().min(256).max(16_000).default(2_000).meta(label('Longest answer, tokens', 'Длина ответа, токенов')),
  effort: z
    .enum(['none', 'low', 'medium', 'high'])
    .default('low')
    .meta({
      ...label('Thinking', 'Размышление'),
      ...optionLabels({
        none: { en: 'None', ru: 'Без размышления' },
        low: { en: 'Short', ru: 'Короткое' },
        medium: { en: 'Medium', ru: 'Среднее' },
        high: { en: 'Long', ru: 'Долгое' },
      }),
    }),
  instructions: z.string().max(2_000).default('').meta(label('Instructions', 'Указания')),
});

/** Credits per million tokens: a hundred times the dollars of the price tables of 2026-11. */
export const perToken = (input: number, output: number): PriceRule => ({
  ...{ kind: 'perToken', unit: 'token', inPerMillion: input, outPerMillion: output, outFrom: 'max_output_tokens' },
  ...{ textFrom: ['instructions'], perSource: 4_000, overhead: 64, since: '2026-11-24' },
});

const text = (providerModel: string, name: string, price: PriceRule): CatalogueEntry => ({
  ...{ id: `openai/${providerModel}`, provider: 'openai', providerModel, capability: 'text', resultKind: 'text', retiresAt: null, price },
  label: { en: `${name}: text`, ru: `${name}: текст` },
  settings: textSettings,
  limits: {
    ...{ maxPromptChars: 32_000, minSources: 0, maxSources: 8, maxSourceBytes: 10 * MIB },
    sourceMimes: ['image/png', 'image/jpeg', 'image/webp'],
  },
});

const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer', 'verse', 'marin', 'cedar'] as const;
const voice = z.enum(VOICES).default('marin').meta(label('Voice', 'Голос'));
const OLDER_VOICES = ['alloy', 'ash', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer'] as const;
const olderVoice = z.enum(OLDER_VOICES).default('alloy').meta(label('Voice', 'Голос'));
const speed = z.number().min(0.25).max(4).default(1).meta(label('Speed', 'Скорость'));
const manner = z.string().max(1_000).default('').meta(label('Manner', 'Манера'));

/** The provider ends all of its speech models on one day. */
const SPEECH_ENDS = '2027-01-06';

const speech = (providerModel: string, name: string, base: number, settings: CatalogueEntry['settings']): CatalogueEntry => ({
  ...{
    id: `openai/${providerModel}`,
    provider: 'openai',
    providerModel,
    capability: 'speech',
    resultKind: 'audio',
    retiresAt: SPEECH_ENDS,
  },
  label: { en: `${name}: speech`, ru: `${name}: речь` },
  settings,
  limits: { maxPromptChars: 4_096, ...NO_SOURCES },
  price: { kind: 'perUnit', unit: 'thousandCharacters', base, factors: [], since: '2026-11-24' },
});

const LANGUAGES = {
  auto: { en: 'Found by itself', ru: 'Определить' },
  en: { en: 'English', ru: 'Английский' },
  ru: { en: 'Russian', ru: 'Русский' },
  zh: { en: 'Chinese', ru: 'Китайский' },
  es: { en: 'Spanish', ru: 'Испанский' },
  de: { en: 'German', ru: 'Немецкий' },
  fr: { en: 'French', ru: 'Французский' },
  pt: { en: 'Portuguese', ru: 'Португальский' },
  ja: { en: 'Japanese', ru: 'Японский' },
  ko: { en: 'Korean', ru: 'Корейский' },
  uk: { en: 'Ukrainian', ru: 'Украинский' },
};
const language = z
  .enum(Object.keys(LANGUAGES) as [string, ...string[]])
  .default('auto')
  .meta({ ...label('Language', 'Язык'), ...optionLabels(LANGUAGES) });
const format = z
  .enum(['srt', 'vtt', 'text'])
  .default('srt')
  .meta({
    ...label('As', 'В виде'),
    ...optionLabels({
      srt: { en: 'Subtitles SRT', ru: 'Субтитры SRT' },
      vtt: { en: 'Subtitles VTT', ru: 'Субтитры VTT' },
      text: { en: 'Text', ru: 'Текст' },
    }),
  });

const transcript = (
  providerModel: string,
  name: string,
  more: { base: number; settings: CatalogueEntry['settings']; retiresAt: string | null },
): CatalogueEntry => ({
  ...{ id: `openai/${providerModel}`, provider: 'openai', providerModel, capability: 'transcript', resultKind: 'text' },
  label: { en: `${name}: speech to text`, ru: `${name}: речь в текст` },
  settings: more.settings,
  limits: {
    ...{ maxPromptChars: 800, promptOptional: true, minSources: 1, maxSources: 1, maxSourceBytes: 25 * MIB - 1 },
    ...{ maxSourceSeconds: 4 * 3600, sourceMimes: ['audio/mpeg', 'audio/mp4', 'audio/wav', 'audio/flac', 'audio/ogg'] },
  },
  price: { kind: 'perUnit', unit: 'minute', base: more.base, factors: [], since: '2026-11-24' },
  retiresAt: more.retiresAt,
});

/** Texts, speech and what is heard, by OpenAI. */
export const OPENAI_WORDS: readonly CatalogueEntry[] = [
  text('gpt-6-luna', 'GPT-6 Luna', perToken(10, 50)),
  text('gpt-6.1-terra', 'GPT-6.1 Terra', perToken(100, 500)),
  text('gpt-6.1-sol', 'GPT-6.1 Sol', perToken(200, 1_000)),
  speech('gpt-4o-mini-tts', 'GPT-4o mini TTS', 1.5, z.strictObject({ voice, speed, instructions: manner })),
  speech('tts-1-hd', 'TTS-1 HD', 3, z.strictObject({ voice: olderVoice, speed })),
  transcript('whisper-1', 'Whisper', { base: 0.6, settings: z.strictObject({ format, language }), retiresAt: '2027-02-26' }),
  transcript('gpt-transcribe', 'GPT Transcribe', { base: 0.45, settings: z.strictObject({ language }), retiresAt: null }),
];
