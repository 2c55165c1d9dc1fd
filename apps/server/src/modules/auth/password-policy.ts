import { createRequire } from 'node:module';
import { AppError } from '@pingplex/shared/errors';
import { RUSSIAN_COMMON_PASSWORDS } from './common-passwords.ru.ts';

/** Without types of its own: `test` is true for a password of at least 8 characters that is among the most used ones. */
const commonPasswords = createRequire(import.meta.url)('fxa-common-password-list') as { test(password: string): boolean };
const MIN_CODE_POINTS = 8;
const MAX_CODE_POINTS = 1_024;
const PRODUCT_WORDS = ['pingplex', 'pingplexapp'];

/** Where each Cyrillic letter sits on a Latin keyboard: `пароль` typed without switching the layout is `gfhjkm`, and the other way round. */
const CYRILLIC_KEYS = 'йцукенгшщзхъфывапролджэячсмитьбюё';
const LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const toLatinLayout = new Map([...CYRILLIC_KEYS].map((letter, i) => [letter, LATIN_KEYS[i] ?? '']));
const toCyrillicLayout = new Map([...CYRILLIC_KEYS].map((letter, i) => [LATIN_KEYS[i] ?? '', letter]));
const LOOK_ALIKES = new Map(Object.entries({ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }));
/** `1` stands for i and for l. */
const LOOK_ALIKES_L = new Map([...LOOK_ALIKES, ['1', 'l'], ['!', 'l']]);

/**
 * The form of a password that is hashed: NFKC, nothing else changed (A3).
 * @throws AppError `auth.passwordMalformed` for ill-formed UTF-16, where different strings would become equal;
 * `auth.passwordTooLong` beyond 1,024 code points
 */
export function normalizePassword(password: string): string {
  if (!password.isWellFormed()) throw new AppError('auth.passwordMalformed', 'the password is not valid text');
  if ([...password].length > MAX_CODE_POINTS) {
    throw new AppError('auth.passwordTooLong', 'the password is too long', { params: { max: MAX_CODE_POINTS } });
  }
  return password.normalize('NFKC');
}

/**
 * Checks a password that somebody wants to set (A4, A8).
 * @param email its local part may not be the password
 * @returns the normalized password
 * @throws AppError `auth.passwordTooShort`, `auth.passwordTooLong`, `auth.passwordMalformed`, `auth.passwordCommon`
 */
export function acceptPassword(password: string, email: string): string {
  const normalized = normalizePassword(password);
  if ([...normalized].length < MIN_CODE_POINTS) {
    throw new AppError('auth.passwordTooShort', 'the password is too short', { params: { min: MIN_CODE_POINTS } });
  }
  if (isGuessable(normalized, email)) throw new AppError('auth.passwordCommon', 'the password is easy to guess');
  return normalized;
}

function isGuessable(password: string, email: string): boolean {
  const folded = password.toLowerCase();
  const localPart = email.split('@')[0]?.toLowerCase() ?? '';
  const own = [...PRODUCT_WORDS, localPart].filter((word) => word.length >= 3);
  for (const form of new Set([
    folded,
    swap(folded, LOOK_ALIKES),
    swap(folded, LOOK_ALIKES_L),
    swap(folded, toLatinLayout),
    swap(folded, toCyrillicLayout),
  ])) {
    // What people add to get past a length rule does not make a word harder to guess.
    const core = form.replace(/^[\d\W_]+/u, '').replace(/[\d!?.,_@#$%^&*-]+$/u, '');
    if (commonPasswords.test(form) || RUSSIAN_COMMON_PASSWORDS.has(form) || RUSSIAN_COMMON_PASSWORDS.has(core)) return true;
    if (own.includes(form) || own.includes(core)) return true;
  }
  return /^(.{1,3})\1+$/u.test(folded);
}

const swap = (text: string, map: ReadonlyMap<string, string>): string => [...text].map((c) => map.get(c) ?? c).join('');
