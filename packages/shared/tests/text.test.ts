import { expect, test } from 'vitest';
import { ErrorCode } from '../src/errors/index.ts';
import { errorText, fillText, isWeightyNote, movementText, noteText, sizeText, TEXTS, untoldBy } from '../src/text/index.ts';

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

/** Names that are the same in both languages. */
const SAME = ['Content Credentials', 'JSON', 'NDJSON'];

test('Russian texts are written in Russian', () => {
  for (const [key, text] of leaves(TEXTS.ru)) if (!SAME.includes(text)) expect(text, key).toMatch(/[а-яё]/i);
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

test('a step that can’t be done tells its reason, an unknown one reads as the error itself', () => {
  const code = 'engine.stepNotPossible';
  expect(errorText('en', { code, params: { reason: 'animated' } }).title).toBe(
    'This picture is animated; variants are made of still pictures only',
  );
  expect(errorText('en', { code, params: { reason: 'notWritable', to: 'heic' } }).title).toBe('HEIC can be read, but not written');
  expect(errorText('ru', { code, params: { reason: 'tooSmall', least: 64 } }).next).toContain('64 пикселей');
  for (const reason of ['toString', 'somethingNew', 7, true]) {
    expect(errorText('en', { code, params: { reason } })).toEqual(TEXTS.en.errors[code]);
  }
  for (const locale of ['en', 'ru'] as const) {
    for (const reason of Object.keys(TEXTS[locale].remarks.reason)) {
      const { title, next } = errorText(locale, { code, params: { reason } });
      expect(`${title} ${next}`, `${locale} ${reason}`).not.toMatch(/[{}]/);
      expect(title, `${locale} ${reason}`).not.toMatch(/\.$/);
    }
  }
});

test('sizes and numbers of an error are told in the language’s own figures', () => {
  const next = (params: Record<string, string | number>): string => errorText('en', { code: 'file.tooLarge', params }).next;
  expect(next({ sizeBytes: 3_200_000_000 })).toBe('It is 3.2 GB large. Make it smaller first.');
  expect(next({ width: 60_000, height: 60_000, megapixels: 3600 })).toBe('It measures 60,000 × 60,000 pixels. Make it smaller first.');
  expect(next({ format: 'gif', frames: 1200, pixels: 2_490_000_000 })).toContain('1,200 frames with 2,490 megapixels');
  expect(next({ width: 60_000 })).toBe('Make it smaller first.');
  expect(errorText('ru', { code: 'output.diskFull', params: { neededBytes: 5e9, freeBytes: 2.5e8 } }).next).toMatch(
    /^Нужно 5\sГБ, свободно 250\sМБ\. /,
  );
  expect(errorText('en', { code: 'credits.insufficient', params: { need: 12, have: 3 } }).next).toMatch(/^Needed: 12, in the wallet: 3\. /);
  expect(sizeText('en', 999)).toBe('999 byte');
});

test('a note reads in plain words, also for a group that could not be kept; what others wrote comes through', () => {
  expect(noteText('en', 'contentCredentialsRemoved')).toContain('proof of origin');
  expect(noteText('ru', 'placeNotKept')).toBe('Просили оставить, но не получилось: Место.');
  expect(noteText('en', 'Bad IFD0 offset')).toBe('Bad IFD0 offset');
  expect(noteText('en', 'toString')).toBe('toString');
  expect(['contentCredentialsRemoved', 'aiMarkRemoved', 'coverNotKept', 'coverRemoved'].map(isWeightyNote)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('a distance that could not be told has no score to show', () => {
  expect(untoldBy({ notes: ['tooShortToTell'] })).toBe('tooShortToTell');
  expect(untoldBy({ notes: ['lowDetail'] })).toBeUndefined();
  expect(untoldBy({})).toBeUndefined();
});
