import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { LETTER_TEXTS } from '../../src/modules/auth/letter-texts.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli/preview-mails.ts');

test('every mail can be looked at before anybody gets it: both languages, text and HTML, nothing left to fill in', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-mails-'));
  await promisify(execFile)(process.execPath, [PROGRAM, '--out', folder]);
  const names = await readdir(folder);
  const expected = Object.keys(LETTER_TEXTS).flatMap((kind) =>
    ['en', 'ru'].flatMap((locale) => ['html', 'txt'].map((type) => `accounts-${kind}.${locale}.${type}`)),
  );
  expect(names).toEqual(expect.arrayContaining([...expected, 'index.html']));
  for (const name of names) {
    const text = await readFile(path.join(folder, name), 'utf8');
    expect([name, /\{\w+\}|undefined/.test(text)]).toEqual([name, false]);
    // Opening a mail tells nobody: it loads nothing.
    if (name !== 'index.html') expect([name, /<img|<link|src=|url\(/i.test(text)]).toEqual([name, false]);
    if (name.includes('.ru.')) expect([name, /[а-я]{3}/i.test(text)]).toEqual([name, true]);
  }
  await rm(folder, { recursive: true });
});
