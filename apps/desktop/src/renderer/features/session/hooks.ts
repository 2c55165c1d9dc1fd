import { type AppState, DEFAULT_SETTINGS, type Settings } from '@pingplex/shared/contracts/ipc';
import type { Locale } from '@pingplex/shared/text';
import { useEffect } from 'react';
import { setLocale } from '../../i18n/index.ts';
import { useSession } from './store.ts';

/** Remembered choices; the built-in ones until main has answered. */
export const useSettings = (): Settings => useSession((state) => state.app?.settings ?? DEFAULT_SETTINGS);

/** The language that the window speaks. */
export function localeOf(app: AppState | null): Locale {
  if (!app) return navigator.language.startsWith('ru') ? 'ru' : 'en';
  return app.settings.language === 'system' ? app.systemLanguage : app.settings.language;
}

/** Keeps theme and language of the page in step with the settings and the system. */
export function useAppearance(): void {
  const theme = useSettings().theme;
  const locale = useSession((state) => localeOf(state.app));
  useEffect(() => {
    const light = window.matchMedia('(prefers-color-scheme: light)');
    const apply = (): void => {
      document.documentElement.dataset['theme'] = theme === 'system' ? (light.matches ? 'light' : 'dark') : theme;
    };
    apply();
    light.addEventListener('change', apply);
    return () => light.removeEventListener('change', apply);
  }, [theme]);
  useEffect(() => {
    void setLocale(locale);
  }, [locale]);
}
