import type { Model } from '@pingplex/shared/contracts/http';
import { FORMATS, type Step } from '@pingplex/shared/domain';
import type { Texts } from '../../i18n/index.ts';
import { priceFor } from './schema.ts';

/** One line about a step's settings, for its chip. */
export function stepSummary(step: Step, models: readonly Model[], { t, words, locale }: Texts): string {
  switch (step.verb) {
    case 'clean':
      return step.keepGroups.length === 0 ? t('recipe.clean.all') : t('recipe.clean.keeps', { count: step.keepGroups.length });
    case 'unicalize':
      return `${t('recipe.unicalize.count', { count: step.variants })} · ${words.strength[step.strength].toLocaleLowerCase(locale)}`;
    case 'convert': {
      const size = step.width || step.height ? `${step.width ?? '…'} × ${step.height ?? '…'}` : null;
      const name = step.format ? (FORMATS[step.format].extensions[0] ?? step.format).toUpperCase() : null;
      return (
        [name, size, step.trimEndMs || step.trimStartMs ? t('recipe.convert.trimmed') : null].filter(Boolean).join(' · ') ||
        t('recipe.convert.same')
      );
    }
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
