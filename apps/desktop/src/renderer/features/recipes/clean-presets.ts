import type { Coarsen, KeepGroup, Step } from '@pingplex/shared/domain';

type CleanStep = Extract<Step, { verb: 'clean' }>;
type Choice = { readonly keepGroups: readonly KeepGroup[]; readonly coarsen: Coarsen };

/** What people clean files for. `web` takes everything out; a client may see who made it, what it shows, and about where and when. */
export const CLEAN_PRESETS = {
  web: { keepGroups: [], coarsen: {} },
  client: { keepGroups: ['credit', 'description', 'cover'], coarsen: { place: 'city', time: 'day' } },
  credit: { keepGroups: ['credit'], coarsen: {} },
} as const satisfies Readonly<Record<string, Choice>>;
export type CleanPreset = keyof typeof CLEAN_PRESETS;
export const PRESET_NAMES = ['web', 'client', 'credit'] as const satisfies readonly CleanPreset[];

const sameGroups = (a: readonly KeepGroup[], b: readonly KeepGroup[]): boolean =>
  a.length === b.length && a.every((group) => b.includes(group));

/** The preset whose groups a step has; `own` when it is none of them. */
export function presetOf(step: Pick<CleanStep, 'keepGroups' | 'coarsen'>): CleanPreset | 'own' {
  return (
    PRESET_NAMES.find((name) => {
      const preset: Choice = CLEAN_PRESETS[name];
      return (
        sameGroups(step.keepGroups, preset.keepGroups) &&
        step.coarsen?.place === preset.coarsen.place &&
        step.coarsen?.time === preset.coarsen.time
      );
    }) ?? 'own'
  );
}

/** The step without empty settings, so that recipes stay short. */
function tidy({ coarsen, removeCredentials, keepFileDates, ...rest }: CleanStep): CleanStep {
  const coarse = Object.fromEntries(Object.entries(coarsen ?? {}).filter(([, value]) => value !== undefined));
  return {
    ...rest,
    ...(Object.keys(coarse).length === 0 ? {} : { coarsen: coarse }),
    ...(removeCredentials === true ? { removeCredentials } : {}),
    ...(keepFileDates === false ? { keepFileDates } : {}),
  };
}

/** Sets the groups of a preset; the other settings stay. */
export function withPreset(step: CleanStep, name: CleanPreset): CleanStep {
  const preset: Choice = CLEAN_PRESETS[name];
  return tidy({ ...step, keepGroups: [...preset.keepGroups], coarsen: preset.coarsen });
}

/** What a step does with a group: `keep`, `remove`, or how exact it may still be. */
export type GroupChoice = 'remove' | 'keep' | 'city' | 'region' | 'day' | 'month' | 'year';

export function choiceOf(step: CleanStep, group: KeepGroup): GroupChoice {
  const coarse = group === 'place' ? step.coarsen?.place : group === 'time' ? step.coarsen?.time : undefined;
  return coarse ?? (step.keepGroups.includes(group) ? 'keep' : 'remove');
}

/** The step with another choice for one group. */
export function withChoice(step: CleanStep, group: KeepGroup, choice: GroupChoice): CleanStep {
  const keepGroups = step.keepGroups.filter((one) => one !== group);
  if (choice === 'keep') keepGroups.push(group);
  const coarsen = { ...step.coarsen };
  if (group === 'place') coarsen.place = choice === 'city' || choice === 'region' ? choice : undefined;
  if (group === 'time') coarsen.time = choice === 'day' || choice === 'month' || choice === 'year' ? choice : undefined;
  return tidy({ ...step, keepGroups, coarsen });
}

/** The step with other settings beside its groups. */
export const withWishes = (step: CleanStep, wishes: Pick<Partial<CleanStep>, 'removeCredentials' | 'keepFileDates'>): CleanStep =>
  tidy({ ...step, ...wishes });
