import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, MIB, NO_SOURCES, optionLabels } from './entry.ts';

const filmShape = {
  resolution: z.enum(['480P', '720P', '1080P']).default('720P').meta(label('Resolution', 'Разрешение')),
  duration: z.int().min(2).max(30).default(5).meta(label('Seconds', 'Секунды')),
  audio: z.boolean().default(true).meta(label('Sound', 'Звук')),
};
const ratio = z
  .enum(['16:9', '9:16', '1:1', '4:3', '3:4', '21:9'])
  .default('16:9')
  .meta({
    ...label('Shape', 'Форма'),
    ...optionLabels({ '16:9': { en: 'Landscape 16:9', ru: 'Альбомная 16:9' }, '9:16': { en: 'Portrait 9:16', ru: 'Портретная 9:16' } }),
  });
const pictureSettings = z.strictObject({
  size: z.enum(['1K', '2K']).default('1K').meta(label('Size', 'Размер')),
  n: z.int().min(1).max(4).default(1).meta(label('How many', 'Сколько')),
});

/** One credit is about one US cent; vendor's prices for Singapore of 2026-09, per second of output. */
const perSecond: PriceRule = {
  kind: 'perUnit',
  unit: 'second',
  base: 5,
  unitsFrom: 'duration',
  factors: [{ setting: 'resolution', values: { '480P': 1, '720P': 2, '1080P': 4 } }],
  since: '2026-11-23',
};
const perPicture: PriceRule = { kind: 'perUnit', unit: 'image', base: 3, unitsFrom: 'n', factors: [], since: '2026-11-23' };

const SOURCES = {
  maxSourceBytes: 20 * MIB - 1,
  sourceMimes: ['image/png', 'image/jpeg', 'image/webp'],
  sourceSides: { min: 240, max: 8000, maxRatio: 8 },
};
const film = { provider: 'dashscope', providerModel: 'wan3.0-video', resultKind: 'video', price: perSecond, retiresAt: null } as const;
const picture = { provider: 'dashscope', providerModel: 'wan2.7-image', resultKind: 'image', price: perPicture, retiresAt: null } as const;

const QWEN_SIZES = ['1328*1328', '1664*928', '928*1664', '1472*1104', '1104*1472'] as const;
const QWEN_SIZE_LABELS = {
  auto: { en: 'Like the source', ru: 'Как у исходника' },
  '1328*1328': { en: 'Square 1328', ru: 'Квадрат 1328' },
  '1664*928': { en: 'Landscape 1664×928', ru: 'Альбомная 1664×928' },
  '928*1664': { en: 'Portrait 928×1664', ru: 'Портретная 928×1664' },
  '1472*1104': { en: 'Landscape 1472×1104', ru: 'Альбомная 1472×1104' },
  '1104*1472': { en: 'Portrait 1104×1472', ru: 'Портретная 1104×1472' },
};
const qwenSize = (values: readonly [string, ...string[]]) =>
  z
    .enum(values)
    .default(values[0])
    .meta({ ...label('Size', 'Размер'), ...optionLabels(QWEN_SIZE_LABELS) });
const many = z.int().min(1).max(4).default(1).meta(label('How many', 'Сколько'));
const qwen = { ...picture, providerModel: 'qwen-image-3.0' } as const;

/** What Alibaba's Model Studio makes for us. */
export const DASHSCOPE_MODELS: readonly CatalogueEntry[] = [
  {
    ...film,
    id: 'dashscope/wan3.0-video',
    capability: 'video',
    label: { en: 'Wan 3.0: video from text', ru: 'Wan 3.0: видео по описанию' },
    settings: z.strictObject({ ...filmShape, ratio }),
    limits: { maxPromptChars: 20_000, ...NO_SOURCES },
  },
  {
    ...film,
    id: 'dashscope/wan3.0-video:image',
    capability: 'imageToVideo',
    label: { en: 'Wan 3.0: video from an image', ru: 'Wan 3.0: видео из изображения' },
    settings: z.strictObject(filmShape),
    limits: { maxPromptChars: 20_000, minSources: 1, maxSources: 1, lastFrame: true, ...SOURCES },
  },
  {
    ...picture,
    id: 'dashscope/wan2.7-image',
    capability: 'image',
    label: { en: 'Wan 2.7: new image', ru: 'Wan 2.7: новое изображение' },
    settings: pictureSettings,
    limits: { maxPromptChars: 5_000, ...NO_SOURCES },
  },
  {
    ...picture,
    id: 'dashscope/wan2.7-image:edit',
    capability: 'imageEdit',
    label: { en: 'Wan 2.7: edit an image', ru: 'Wan 2.7: правка изображения' },
    settings: pictureSettings,
    limits: { maxPromptChars: 5_000, minSources: 1, maxSources: 9, ...SOURCES },
  },
  {
    ...qwen,
    id: 'dashscope/qwen-image-3.0',
    capability: 'image',
    label: { en: 'Qwen Image 3.0: new image', ru: 'Qwen Image 3.0: новое изображение' },
    settings: z.strictObject({ size: qwenSize(QWEN_SIZES), n: many }),
    limits: { maxPromptChars: 800, ...NO_SOURCES },
  },
  {
    ...qwen,
    id: 'dashscope/qwen-image-3.0:edit',
    capability: 'imageEdit',
    label: { en: 'Qwen Image 3.0: edit an image', ru: 'Qwen Image 3.0: правка изображения' },
    settings: z.strictObject({ size: qwenSize(['auto', ...QWEN_SIZES]), n: many }),
    limits: { maxPromptChars: 800, minSources: 1, maxSources: 3, ...SOURCES, maxSourceBytes: 10 * MIB },
  },
];
