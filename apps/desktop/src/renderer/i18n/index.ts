import type { Distance } from '@pingplex/shared/contracts/engine';
import { type AppErrorData, toAppError } from '@pingplex/shared/errors';
import { errorText, type Locale, noteText, TEXTS, untoldBy } from '@pingplex/shared/text';
import i18next from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import { formats } from '../lib/format.ts';
import { en } from './en/index.ts';
import { ru } from './ru/index.ts';

type Leaves<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string];
type WithoutPlural<K extends string> = K extends `${infer Base}_${'one' | 'few' | 'many' | 'other'}` ? Base : K;

/** Every text of the window. Keys of countable texts are used without their plural ending and with `count`. */
export type TextKey = WithoutPlural<Leaves<typeof en>>;
type Params = Readonly<Record<string, string | number>>;

/** Prepares the texts of both languages; call once before the first render. */
export async function startI18n(locale: Locale): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, ru: { translation: ru } },
    lng: locale,
    fallbackLng: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
}

/** Changes the language of everything at once. */
export async function setLocale(locale: Locale): Promise<void> {
  document.documentElement.lang = locale;
  if (i18next.language !== locale) await i18next.changeLanguage(locale);
}

type Translate = (key: string, params?: Params) => string;

/** Texts and formats in one language. */
export function textsOf(locale: Locale, translate: Translate) {
  const format = formats(locale);
  return {
    locale,
    /** A text of the window. `count` chooses the plural form and is shown with the locale's digits as `n`. */
    t: (key: TextKey, params?: Params): string =>
      translate(key, typeof params?.['count'] === 'number' ? { n: format.number(params['count']), ...params } : params),
    /** Words for enum values, shared with the server's mails. */
    words: TEXTS[locale].words,
    format,
    /** A note of the engine in plain words. */
    note: (code: string): string => noteText(locale, code),
    /** What stands in place of a score where none could be measured; null when it was. */
    untold: (distance: Pick<Distance, 'notes'>): string | null => {
      const code = untoldBy(distance);
      return code === undefined ? null : TEXTS[locale].remarks.untold[code];
    },
    /** What to tell about an error: what happened and what to do. */
    problem: (error: unknown): { title: string; next: string } => {
      const data = typeof error === 'object' && error !== null && 'code' in error ? (error as AppErrorData) : toAppError(error).toData();
      return errorText(locale, data);
    },
  };
}
export type Texts = ReturnType<typeof textsOf>;

/** Texts in the window's language; components render again when it changes. */
export function useTexts(): Texts {
  const { t, i18n } = useTranslation();
  const locale: Locale = i18n.language === 'ru' ? 'ru' : 'en';
  return useMemo(() => textsOf(locale, (key, params) => t(key, { ...params })), [locale, t]);
}

/** Texts outside of components (stores, handlers). */
export function texts(): Texts {
  return textsOf(i18next.language === 'ru' ? 'ru' : 'en', (key, params) => i18next.t(key, { ...params }));
}
