import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, type Label, label, MIB, optionLabels } from './entry.ts';

const SIZES = ['1024x1024', '1536x1024', '1024x1536', '2048x2048'] as const;
const SIZE_LABELS: Record<string, Label> = {
  auto: { en: 'Like the source', ru: 'Как у исходника' },
  '1024x1024': { en: 'Square 1024', ru: 'Квадрат 1024' },
  '1536x1024': { en: 'Landscape 1536×1024', ru: 'Альбомная 1536×1024' },
  '1024x1536': { en: 'Portrait 1024×1536', ru: 'Портретная 1024×1536' },
  '2048x2048': { en: 'Square 2048', ru: 'Квадрат 2048' },
};
const LEVEL_LABELS: Record<string, Label> = {
  low: { en: 'Low', ru: 'Низкое' },
  medium: { en: 'Medium', ru: 'Среднее' },
  high: { en: 'High', ru: 'Высокое' },
};

const size = (values: readonly [string, ...string[]], standard: string) =>
  z
    .enum(values)
    .default(standard)
    .meta({ ...label('Size', 'Размер'), ...optionLabels(SIZE_LABELS) });
const common = {
  quality: z
    .enum(['low', 'medium', 'high'])
    .default('medium')
    .meta({ ...label('Quality', 'Качество'), ...optionLabels(LEVEL_LABELS) }),
  n: z.int().min(1).max(4).default(1).meta(label('How many', 'Сколько')),
  output_format: z.enum(['png', 'jpeg', 'webp']).default('png').meta(label('File format', 'Формат файла')),
  background: z
    .enum(['auto', 'opaque', 'transparent'])
    .default('auto')
    .meta({
      ...label('Background', 'Фон'),
      ...optionLabels({
        auto: { en: 'Automatic', ru: 'Автоматически' },
        opaque: { en: 'Opaque', ru: 'Непрозрачный' },
        transparent: { en: 'Transparent (PNG, WebP)', ru: 'Прозрачный (PNG, WebP)' },
      }),
    }),
};
const generateSettings = z.strictObject({ size: size(SIZES, '1024x1024'), ...common });
const editSettings = z.strictObject({ size: size(['auto', ...SIZES], 'auto'), ...common });

/**
 * One credit is about one US cent of what the provider asks. Provider figures: providers' price list of 2026-11 for 1024×1024 at
 * low/medium/high; sizes by the token counts of the same list. `auto` chooses among the three standard sizes.
 */
const price = (base: number): PriceRule => ({
  kind: 'perUnit',
  unit: 'image',
  base,
  unitsFrom: 'n',
  factors: [
    { setting: 'quality', values: { low: 1, medium: 4, high: 16 } },
    { setting: 'size', values: { auto: 1, '1024x1024': 1, '1536x1024': 1, '1024x1536': 1, '2048x2048': 2 } },
  ],
  since: '2026-11-01',
});

const GENERATE_LIMITS = { maxPromptChars: 32_000, minSources: 0, maxSources: 0, maxSourceBytes: 0, sourceMimes: [] };
const EDIT_LIMITS = {
  maxPromptChars: 32_000,
  minSources: 1,
  maxSources: 16,
  maxSourceBytes: 50 * MIB - 1,
  sourceMimes: ['image/png', 'image/jpeg', 'image/webp'],
  mask: true,
};

const openaiImage = (providerModel: string, name: string, base: number): CatalogueEntry[] => [
  {
    id: `openai/${providerModel}`,
    provider: 'openai',
    providerModel,
    capability: 'image',
    label: { en: `${name}: new image`, ru: `${name}: новое изображение` },
    settings: generateSettings,
    limits: GENERATE_LIMITS,
    resultKind: 'image',
    price: price(base),
    retiresAt: null,
  },
  {
    id: `openai/${providerModel}:edit`,
    provider: 'openai',
    providerModel,
    capability: 'imageEdit',
    label: { en: `${name}: edit an image`, ru: `${name}: правка изображения` },
    settings: editSettings,
    limits: EDIT_LIMITS,
    resultKind: 'image',
    price: price(base),
    retiresAt: null,
  },
];

/** What OpenAI makes for us. */
export const OPENAI_MODELS: readonly CatalogueEntry[] = [
  ...openaiImage('gpt-image-2.6-flare', 'GPT Image 2.6 Flare', 1),
  ...openaiImage('gpt-image-2.6-sunburst', 'GPT Image 2.6 Sunburst', 2),
];

/** Edges of a mask's file, from the provider's reference: a PNG under 4 MB with the size of the first image. */
export const MASK_MAX_BYTES = 4_000_000 - 1;
