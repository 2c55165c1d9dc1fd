import type { Model } from '@pingplex/shared/contracts/http';
import { destinationOf, FORMATS, type Step } from '@pingplex/shared/domain';
import type { Texts } from '../../i18n/index.ts';
import { priceFor } from './schema.ts';

function convertSummary(step: Extract<Step, { verb: 'convert' }>, { t, locale }: Pick<Texts, 't' | 'locale'>): string {
  const place = destinationOf(step.preset);
  const size = step.width || step.height ? `${step.width ?? '…'} × ${step.height ?? '…'}` : null;
  const name = step.format ? (FORMATS[step.format].extensions[0] ?? step.format).toUpperCase() : null;
  const parts = [
    place ? `${t(`recipe.convert.group.${place.group}`)}: ${place.label[locale]}` : null,
    name,
    size,
    step.trimEndMs || step.trimStartMs ? t('recipe.convert.trimmed') : null,
    step.subtitles ? t('recipe.convert.subtitles').toLocaleLowerCase(locale) : null,
  ];
  return parts.filter(Boolean).join(' · ') || t('recipe.convert.same');
}

function cleanSummary(step: Extract<Step, { verb: 'clean' }>, { t }: Pick<Texts, 't'>): string {
  const parts = [
    step.keepGroups.length > 0 ? t('recipe.clean.keeps', { count: step.keepGroups.length }) : null,
    step.coarsen
      ? `${t('recipe.clean.coarse')}: ${Object.values(step.coarsen)
          .map((one) => t(`recipe.clean.choice.${one}`).split(',')[0])
          .join(', ')}`
      : null,
  ];
  return parts.filter(Boolean).join(' · ') || t('recipe.clean.all');
}

/** One line about a step's settings, for its chip. */
export function stepSummary(step: Step, models: readonly Model[], { t, words, locale }: Texts): string {
  switch (step.verb) {
    case 'clean':
      return cleanSummary(step, { t });
    case 'unicalize':
      return `${t('recipe.unicalize.count', { count: step.variants })} · ${words.strength[step.strength].toLocaleLowerCase(locale)}`;
    case 'convert':
      return convertSummary(step, { t, locale });
    case 'generate': {
      const model = models.find((one) => one.id === step.modelId);
      if (!model) return t('recipe.generate.noModel');
      const price = priceFor(model, step.settings);
      return price ? t('recipe.generate.each', { count: price.credits }) : model.label[locale];
    }
  }
}

/** `Clean → Unicalize → AI edit`. */
export const stepsLine = (steps: readonly Pick<Step, 'verb'>[], { words }: Pick<Texts, 'words'>): string =>
  steps.map((step) => words.verb[step.verb]).join(' → ');
