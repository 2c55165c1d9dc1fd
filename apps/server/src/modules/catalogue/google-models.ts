import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, MIB, NO_SOURCES, optionLabels } from './entry.ts';

const SHAPES = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
const SHAPE_LABELS = {
  auto: { en: 'Like the source', ru: 'Как у исходника' },
  '1:1': { en: 'Square', ru: 'Квадрат' },
  '16:9': { en: 'Landscape 16:9', ru: 'Альбомная 16:9' },
  '9:16': { en: 'Portrait 9:16', ru: 'Портретная 9:16' },
};
const shapeMeta = { ...label('Shape', 'Форма'), ...optionLabels(SHAPE_LABELS) };
const shape = z.enum(SHAPES).default('1:1').meta(shapeMeta);
const editShape = z
  .enum(['auto', ...SHAPES])
  .default('auto')
  .meta(shapeMeta);

const PICTURES = {
  maxSourceBytes: 7 * MIB,
  sourceMimes: ['image/png', 'image/jpeg', 'image/webp'],
};

type PictureKind = {
  providerModel: string;
  name: string;
  /** Credits per picture by size, at about one US cent each; prices of 2026-10. */
  sizes: Readonly<Record<string, number>>;
  maxSources: number;
};

function pictures({ providerModel, name, sizes, maxSources }: PictureKind): CatalogueEntry[] {
  const names = Object.keys(sizes) as [string, ...string[]];
  const standard = names.includes('1K') ? '1K' : names[0];
  const size = { image_size: z.enum(names).default(standard).meta(label('Size', 'Размер')) };
  const price: PriceRule = {
    ...{ kind: 'perUnit', unit: 'image', base: 1, factors: [{ setting: 'image_size', values: { ...sizes } }], since: '2026-11-24' },
  };
  const common = { provider: 'google', providerModel, resultKind: 'image', price, retiresAt: null } as const;
  return [
    {
      ...common,
      id: `google/${providerModel}`,
      capability: 'image',
      label: { en: `${name}: new image`, ru: `${name}: новое изображение` },
      settings: z.strictObject({ aspect_ratio: shape, ...size }),
      limits: { maxPromptChars: 32_000, ...NO_SOURCES },
    },
    {
      ...common,
      id: `google/${providerModel}:edit`,
      capability: 'imageEdit',
      label: { en: `${name}: edit an image`, ru: `${name}: правка изображения` },
      settings: z.strictObject({ aspect_ratio: editShape, ...size }),
      limits: { maxPromptChars: 32_000, minSources: 1, maxSources, ...PICTURES },
    },
  ];
}

const resolution = z.enum(['360p', '720p', '1080p', '4k']).default('720p').meta(label('Resolution', 'Разрешение'));
const filmShape = z.enum(['16:9', '9:16']).default('16:9').meta(shapeMeta);

/** Vendor's price of 2026-10 for 1.1; of 1.2 no list price is known, and the same is asked. Sound is always in it. */
const perSecond: PriceRule = {
  kind: 'perUnit',
  unit: 'second',
  base: 1,
  unitsFrom: 'duration',
  factors: [{ setting: 'resolution', values: { '360p': 3.4, '720p': 10.2, '1080p': 15.2, '4k': 30.4 } }],
  since: '2026-11-24',
};

function films(providerModel: string, name: string, maxSeconds: number): CatalogueEntry[] {
  const duration = z.int().min(3).max(maxSeconds).default(5).meta(label('Seconds', 'Секунды'));
  const settings = z.strictObject({ resolution, duration, aspect_ratio: filmShape });
  const common = { provider: 'google', providerModel, settings, resultKind: 'video', price: perSecond, retiresAt: null } as const;
  return [
    {
      ...common,
      id: `google/${providerModel}`,
      capability: 'video',
      label: { en: `${name}: video from text`, ru: `${name}: видео по описанию` },
      limits: { maxPromptChars: 20_000, ...NO_SOURCES },
    },
    {
      ...common,
      id: `google/${providerModel}:image`,
      capability: 'imageToVideo',
      label: { en: `${name}: video from an image`, ru: `${name}: видео из изображения` },
      limits: { maxPromptChars: 20_000, minSources: 1, maxSources: 1, ...PICTURES },
    },
  ];
}

/** What Google makes for us. Every call gives one picture; sizes without a known price are not offered. */
export const GOOGLE_MODELS: readonly CatalogueEntry[] = [
  ...pictures({ providerModel: 'gemini-nano-banana-2.1', name: 'Nano Banana 2.1', sizes: { '1K': 3.4 }, maxSources: 10 }),
  ...pictures({
    ...{ providerModel: 'gemini-3.1-flash-image', name: 'Gemini 3.1 Flash Image', maxSources: 14 },
    sizes: { '512': 4.5, '1K': 6.7, '2K': 10.1, '4K': 15.1 },
  }),
  ...pictures({
    ...{ providerModel: 'gemini-3-pro-image', name: 'Gemini 3 Pro Image', maxSources: 14 },
    sizes: { '1K': 13.4, '2K': 13.4, '4K': 24 },
  }),
  ...films('gemini-omni-1.2-flash', 'Gemini Omni 1.2', 15),
  ...films('gemini-omni-1.1-flash', 'Gemini Omni 1.1', 10),
];
