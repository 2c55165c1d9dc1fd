import type { StepInput } from '@pingplex/shared/domain';
import type { TextKey } from '../../i18n/index.ts';

export type Example = { readonly name: TextKey; readonly text: TextKey; readonly steps: readonly StepInput[] };

/** Three recipes to begin with; all of them work without an account. */
export const EXAMPLES: readonly Example[] = [
  { name: 'recipes.examples.clean.name', text: 'recipes.examples.clean.text', steps: [{ verb: 'clean' }] },
  {
    name: 'recipes.examples.variants.name',
    text: 'recipes.examples.variants.text',
    steps: [{ verb: 'clean' }, { verb: 'unicalize', variants: 5, strength: 'balanced' }],
  },
  {
    name: 'recipes.examples.web.name',
    text: 'recipes.examples.web.text',
    steps: [{ verb: 'clean' }, { verb: 'convert', width: 1920, height: 1920, fit: 'inside', quality: 82 }],
  },
];
