import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { en } from '../../src/renderer/i18n/en/index.ts';
import { startI18n, texts } from '../../src/renderer/i18n/index.ts';
import { ru } from '../../src/renderer/i18n/ru/index.ts';

const SOURCE = path.join(import.meta.dirname, '../../src/renderer');
const PLURAL = /_(one|few|many|other)$/;

/** Every text with its dotted key. */
function leaves(tree: object, at = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${at}${key}`, value]] : leaves(value as object, `${at}${key}.`),
  );
}
const base = (key: string): string => key.replace(PLURAL, '');
const variables = (text: string): string[] => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? ''))].sort();

const english = new Map(leaves(en));
const russian = new Map(leaves(ru));
const keys = new Set([...english.keys()].map(base));

/** All TypeScript of the window outside of the texts themselves. */
const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/^i18n[\\/](en|ru)/.test(name))
  .map((name) => readFileSync(path.join(SOURCE, name), 'utf8'))
  .join('\n');

test('both languages have the same texts', () => {
  expect([...new Set([...russian.keys()].map(base))].sort()).toEqual([...keys].sort());
});

test('countable texts have every plural form of their language', () => {
  for (const key of keys) {
    if (!english.has(`${key}_other`)) continue;
    for (const form of ['one', 'other']) expect(english.has(`${key}_${form}`), `en ${key}_${form}`).toBe(true);
    for (const form of ['one', 'few', 'many', 'other']) expect(russian.has(`${key}_${form}`), `ru ${key}_${form}`).toBe(true);
  }
});

test('a text has the same variables in both languages', () => {
  for (const [key, text] of russian) {
    // English may leave the number out of its singular ("the selected file"); Russian says 21 with the same form.
    const other = english.get(`${base(key)}_other`) ?? english.get(key) ?? '';
    expect(variables(text), key).toEqual(variables(other));
  }
});

/** What is written the same in both languages. */
const SAME = ['GPS', 'ExifTool', 'Instagram', 'YouTube', 'TikTok', 'Telegram', 'Amazon', 'Google', 'SSIM, 0–1.'];

test('Russian texts are Russian', () => {
  // The command that switches to English is offered in English; names are the same in both.
  for (const [key, text] of russian) if (key !== 'actions.language' && !SAME.includes(text)) expect(text, key).toMatch(/[а-яё{]/i);
});

test('every text that the window asks for exists, and none is left over', () => {
  const asked = new Set([...sources.matchAll(/'([a-z]+(?:\.[a-zA-Z]+)+)'/g)].map(([, key]) => key ?? ''));
  const families = [...sources.matchAll(/t\(`([a-z]+(?:\.[a-zA-Z]+)*\.)\$\{/g)].map(([, prefix]) => prefix ?? '');
  const calls = [...sources.matchAll(/\bt\(\s*'([a-zA-Z.]+)'/g)].map(([, key]) => key ?? '');
  for (const key of calls) expect(keys.has(key), `asked for: ${key}`).toBe(true);
  for (const prefix of families)
    expect(
      [...keys].some((key) => key.startsWith(prefix)),
      `asked for: ${prefix}…`,
    ).toBe(true);
  for (const key of keys) expect(asked.has(key) || families.some((prefix) => key.startsWith(prefix)), `left over: ${key}`).toBe(true);
});

test('components hold no text of their own', () => {
  const loose = [...sources.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+)\s*</g)].map(([, text]) => text);
  expect(loose).toEqual([]);
});

test('counting follows the language', async () => {
  await startI18n('ru');
  const { t } = texts();
  expect([1, 2, 5, 11, 21, 1234].map((count) => t('workspace.files', { count }))).toEqual([
    '1 файл',
    '2 файла',
    '5 файлов',
    '11 файлов',
    '21 файл',
    '1\u00a0234 файла',
  ]);
});

test('an error reads as what happened and what to do, whatever was thrown', async () => {
  await startI18n('en');
  const { problem } = texts();
  expect(problem({ code: 'file.damaged' }).title).toBe('The file is damaged');
  expect(problem(new TypeError('x is not a function')).title).toBe('Something unexpected went wrong');
});
