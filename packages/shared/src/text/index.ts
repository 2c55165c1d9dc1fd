import type { Movement } from '../contracts/http/wallet.ts';
import type { AppErrorData } from '../errors/app-error.ts';
import { ErrorCode } from '../errors/codes.ts';
import { errorsEn } from './errors.en.ts';
import { errorsRu } from './errors.ru.ts';
import type { ErrorText, ErrorTexts, Locale } from './types.ts';
import { wordsEn } from './words.en.ts';
import { wordsRu } from './words.ru.ts';
import type { Words } from './words.ts';

export type { ErrorText, Locale } from './types.ts';
export type { PrivacyText, Words } from './words.ts';

/** Every shared text, per language. */
export const TEXTS: Readonly<Record<Locale, { readonly errors: ErrorTexts; readonly words: Words }>> = {
  en: { errors: errorsEn, words: wordsEn },
  ru: { errors: errorsRu, words: wordsRu },
};

type Params = Readonly<Record<string, string | number | boolean>>;

/** Replaces `{key}` and `{key|text}` by parameters. A key without parameter and without text stays as it is written. */
export function fillText(template: string, params: Params = {}): string {
  return template.replaceAll(/\{(\w+)(?:\|([^}]*))?\}/g, (whole, key: string, otherwise: string | undefined) => {
    const value = Object.hasOwn(params, key) ? params[key] : undefined;
    return value === undefined ? (otherwise ?? whole) : String(value);
  });
}

/** What the user reads about an error: what happened and what to do. */
export function errorText(locale: Locale, error: Pick<AppErrorData, 'code' | 'params'>): ErrorText {
  const text = TEXTS[locale].errors[error.code];
  return { title: fillText(text.title, error.params), next: fillText(text.next, error.params) };
}

/** Why a movement of the wallet happened. A reason that is an error code reads as that error; an unknown one falls back to its kind. */
export function movementText(locale: Locale, movement: Pick<Movement, 'kind' | 'reason'>): { kind: string; reason: string } {
  const { errors, words } = TEXTS[locale];
  const kind = words.movement[movement.kind];
  const code = ErrorCode.safeParse(movement.reason);
  if (code.success) return { kind, reason: errors[code.data].title };
  return { kind, reason: words.reason[movement.reason] ?? kind };
}
