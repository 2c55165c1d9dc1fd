import { Recipe, Step, type StepInput, type StepVerb } from '@pingplex/shared/domain';
import { z } from 'zod';
import { create } from 'zustand';
import { useSession } from '../session/index.ts';

/** A step on the bar. `key` names it while it is moved about; it isn't saved. */
export type DraftStep = { readonly key: string; readonly step: Step };

type Draft = {
  readonly steps: readonly DraftStep[];
  /** The saved recipe that the steps came from, while they are still the same recipe. */
  readonly recipe: Pick<Recipe, 'id' | 'name'> | null;
  /** The step whose settings are open. */
  readonly open: string | null;
};

const PLACE = 'pingplex.draft';
/** Steps in the making: an AI edit may still lack its model and prompt. */
const Kept = z.object({ steps: z.array(z.unknown()).max(12), recipe: z.object({ id: Recipe.shape.id, name: z.string() }).nullable() });

let last = 0;
const keyed = (step: Step): DraftStep => {
  last += 1;
  return { key: `step-${last}`, step };
};

function restore(): Pick<Draft, 'steps' | 'recipe'> {
  try {
    const kept = Kept.parse(JSON.parse(localStorage.getItem(PLACE) ?? '{}'));
    const steps = kept.steps.map((step) => Step.safeParse(step));
    if (steps.every((one) => one.success)) return { steps: steps.map((one) => keyed(one.data)), recipe: kept.recipe };
  } catch {
    // An unreadable draft is no loss: the bar starts empty.
  }
  return { steps: [], recipe: null };
}

export const useDraft = create<Draft>(() => ({ ...restore(), open: null }));
useDraft.subscribe(({ steps, recipe }) => localStorage.setItem(PLACE, JSON.stringify({ steps: steps.map(({ step }) => step), recipe })));

const FRESH: Record<StepVerb, () => Step> = {
  clean: () => Step.parse({ verb: 'clean' }),
  unicalize: () => Step.parse({ verb: 'unicalize', seed: crypto.getRandomValues(new Uint32Array(1))[0] }),
  convert: () => Step.parse({ verb: 'convert' }),
  generate: () => ({
    verb: 'generate',
    keep: false,
    modelId:
      useSession.getState().models.find((model) => model.available && model.limits.maxSources > 0 && model.resultKind !== 'text')?.id ?? '',
    prompt: '',
    settings: {},
    applyTo: 'first',
  }),
};

/** Puts a new step at the end and opens its settings. */
export function addStep(verb: StepVerb): void {
  useDraft.setState(({ steps }) => {
    if (steps.length >= 12) return {};
    const added = keyed(FRESH[verb]());
    return { steps: [...steps, added], open: verb === 'clean' ? null : added.key };
  });
}

export function changeStep(key: string, step: Step): void {
  useDraft.setState(({ steps }) => ({ steps: steps.map((one) => (one.key === key ? { key, step } : one)) }));
}

export function removeStep(key: string): void {
  useDraft.setState(({ steps, open }) => ({ steps: steps.filter((one) => one.key !== key), open: open === key ? null : open }));
}

/** Moves a step by one place; at the end of the row nothing happens. */
export function moveStep(key: string, by: -1 | 1): void {
  useDraft.setState(({ steps }) => {
    const from = steps.findIndex((one) => one.key === key);
    const moved = steps[from];
    const to = from + by;
    if (!moved || to < 0 || to >= steps.length) return {};
    return { steps: steps.toSpliced(from, 1).toSpliced(to, 0, moved) };
  });
}

export const openStep = (key: string | null): void => useDraft.setState({ open: key });

/** Puts a recipe's steps on the bar. */
export function loadSteps(steps: readonly StepInput[], recipe: Draft['recipe']): void {
  useDraft.setState({ steps: steps.map((step) => keyed(Step.parse(step))), recipe, open: null });
}

export const nameDraft = (recipe: Draft['recipe']): void => useDraft.setState({ recipe });

/** What is still missing in a step before it can run. */
export function missingIn(step: Step): 'model' | 'prompt' | 'other' | null {
  if (step.verb === 'generate') {
    if (step.modelId === '') return 'model';
    if (step.prompt.trim() === '') return 'prompt';
  }
  return Step.safeParse(step).success ? null : 'other';
}
