import { create } from 'zustand';

export const SCREENS = ['workspace', 'create', 'queue', 'library', 'recipes', 'account'] as const;
export type Screen = (typeof SCREENS)[number];

/** Which screen is open. */
export const useRoute = create<{ readonly screen: Screen }>(() => ({ screen: 'workspace' }));
export const go = (screen: Screen): void => useRoute.setState({ screen });
