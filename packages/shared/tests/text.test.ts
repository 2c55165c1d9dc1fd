import { expect, test } from 'vitest';
import { ErrorCode } from '../src/errors/index.ts';
import { errorText, fillText, movementText, TEXTS } from '../src/text/index.ts';

/** Every leaf of a tree of texts with its dotted path. */
function leaves(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(`${path}${key}`, value);
    else for (const [inner, text] of leaves(value as object, `${path}${key}/`)) found.set(inner, text);
  }
  return found;
}

/** Names of the parameters in a text. */
const params = (text: string): string[] => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name ?? '').sort();

test('every error code has its text in both languages and no text is left over', () => {
  const codes = [...ErrorCode.options].sort();
  expect(Object.keys(TEXTS.en.errors).sort()).toEqual(codes);
  expect(Object.keys(TEXTS.ru.errors).sort()).toEqual(codes);
});

test('both languages have the same keys, no empty text and the same parameters', () => {
  const en = leaves(TEXTS.en);
  const ru = leaves(TEXTS.ru);
  expect([...ru.keys()].sort()).toEqual([...en.keys()].sort());
  for (const [key, text] of en) {
    expect(text.trim(), key).not.toBe('');
    expect(ru.get(key)?.trim(), key).toBeTruthy();
    expect(params(ru.get(key) ?? ''), key).toEqual(params(text));
  }
});

test('Russian texts are written in Russian', () => {
  for (const [key, text] of leaves(TEXTS.ru)) if (text !== 'Content Credentials') expect(text, key).toMatch(/[а-яё]/i);
});

test('an error reads as what happened and what to do, with its parameters or without', () => {
  expect(errorText('en', { code: 'auth.passwordTooShort', params: { min: 12 } }).next).toContain('12 characters');
  expect(errorText('ru', { code: 'auth.passwordTooShort' }).next).toContain('8 символов');
  for (const locale of ['en', 'ru'] as const) {
    for (const code of ErrorCode.options) {
      const { title, next } = errorText(locale, { code });
      expect(`${title} ${next}`, `${locale} ${code}`).not.toMatch(/[{}]/);
    }
  }
});

test('filling takes own parameters only and leaves unknown tokens as they are', () => {
  expect(fillText('{a} {toString} {b|nothing}', { a: 1 })).toBe('1 {toString} nothing');
});

test('a movement names its reason: a failure by its error, a known one by its text, another by its kind', () => {
  expect(movementText('en', { kind: 'release', reason: 'generation.refused' })).toEqual({
    kind: 'Given back',
    reason: 'The provider refused this prompt or picture',
  });
  expect(movementText('ru', { kind: 'capture', reason: 'generation.succeeded' }).reason).toBe('ИИ-генерация доставлена');
  expect(movementText('en', { kind: 'adjust', reason: 'ticket 42' }).reason).toBe('Corrected by support');
});
