import { type CompareSettings, DEFAULT_COMPARE } from '@pingplex/shared/contracts/ipc';
import { setSettings, useSettings } from '../../session/index.ts';

/** Layouts in the order in which the key goes through them. */
export const LAYOUTS = { image: ['slider', 'side', 'lens'], video: ['side', 'slider'] } as const;

/** The one after this, the first after the last. */
export function next<V>(all: readonly V[], now: V): V {
  return all[(all.indexOf(now) + 1) % all.length] ?? now;
}

/** How the user compared last time; kept with the other settings. */
export function useChoices(): readonly [CompareSettings, (change: Partial<CompareSettings>) => void] {
  const choices = useSettings().compare ?? DEFAULT_COMPARE;
  return [choices, (change) => void setSettings({ compare: { ...choices, ...change } })];
}
