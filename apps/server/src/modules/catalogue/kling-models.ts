import type { PriceRule } from '@pingplex/shared/domain';
import { z } from 'zod';
import { type CatalogueEntry, label, MIB, NO_SOURCES, optionLabels } from './entry.ts';

const resolution = z.enum(['720p', '1080p']).default('720p').meta(label('Resolution', 'Разрешение'));
const seconds = z.int().min(3).max(15).default(5).meta(label('Seconds', 'Секунды'));
const fiveOrTen = z.literal([5, 10]).default(5).meta(label('Seconds', 'Секунды'));
const audio = z
  .enum(['off', 'native'])
  .default('off')
  .meta({
    ...label('Sound', 'Звук'),
    ...optionLabels({ off: { en: 'Without', ru: 'Без звука' }, native: { en: 'With sound', ru: 'Со звуком' } }),
  });
const aspect = z
  .enum(['16:9', '9:16', '1:1'])
  .default('16:9')
  .meta({
    ...label('Shape', 'Форма'),
    ...optionLabels({
      '16:9': { en: 'Landscape 16:9', ru: 'Альбомная 16:9' },
      '9:16': { en: 'Portrait 9:16', ru: 'Портретная 9:16' },
      '1:1': { en: 'Square', ru: 'Квадрат' },
    }),
  });

/** Pictures of the vendor's reference: 300 pixels at least on each side, 1:2.5 to 2.5:1. The legacy door takes 10 MB of base64 text. */
const FRAME_LIMITS = {
  minSources: 1,
  maxSources: 1,
  maxSourceBytes: 7 * MIB,
  sourceMimes: ['image/png', 'image/jpeg'],
  sourceSides: { min: 300, max: 8000, maxRatio: 2.5 },
};

type Kind = {
  providerModel: string;
  name: string;
  maxPromptChars: number;
  /** Credits per second at 720p without sound; one credit is about one US cent of the vendor's list price. */
  base: number;
  /** What 1080p costs more, by the same list. */
  at1080: number;
  /** What sound costs more; null when the model has no switch for it. */
  withSound: number | null;
  lastFrame: boolean;
  isOlder?: boolean;
};

/** Vendor's price page of 2026-08, per second of output. */
const price = (kind: Kind): PriceRule => ({
  kind: 'perUnit',
  unit: 'second',
  base: kind.base,
  unitsFrom: 'duration',
  factors: [
    { setting: 'resolution', values: { '720p': 1, '1080p': kind.at1080 } },
    ...(kind.withSound === null ? [] : [{ setting: 'audio', values: { off: 1, native: kind.withSound } }]),
  ],
  since: '2026-11-23',
});

function pair(kind: Kind): CatalogueEntry[] {
  const shape = {
    resolution,
    duration: kind.isOlder ? fiveOrTen : seconds,
    ...(kind.withSound === null ? {} : { audio }),
  };
  const { providerModel, name, maxPromptChars, lastFrame } = kind;
  const common = { provider: 'kling', providerModel, resultKind: 'video', price: price(kind), retiresAt: null } as const;
  return [
    {
      ...common,
      id: `kling/${providerModel}`,
      capability: 'video',
      label: { en: `${name}: video from text`, ru: `${name}: видео по описанию` },
      settings: z.strictObject({ ...shape, aspect_ratio: aspect }),
      limits: { maxPromptChars, ...NO_SOURCES },
    },
    {
      ...common,
      id: `kling/${providerModel}:image`,
      capability: 'imageToVideo',
      label: { en: `${name}: video from an image`, ru: `${name}: видео из изображения` },
      settings: z.strictObject(shape),
      limits: { maxPromptChars, ...FRAME_LIMITS, lastFrame },
    },
  ];
}

/** What Kling makes for us. Prompts stay within what both of its doors take. */
export const KLING_MODELS: readonly CatalogueEntry[] = [
  ...pair({
    ...{ providerModel: 'kling-3.0', name: 'Kling 3.0', maxPromptChars: 2_500, base: 8.4 },
    ...{ at1080: 4 / 3, withSound: 1.5, lastFrame: true },
  }),
  ...pair({
    ...{ providerModel: 'kling-2.5-turbo', name: 'Kling 2.5 Turbo', maxPromptChars: 2_500, base: 4.2 },
    ...{ at1080: 5 / 3, withSound: null, lastFrame: true, isOlder: true },
  }),
];
