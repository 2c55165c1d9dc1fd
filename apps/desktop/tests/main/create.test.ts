import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '@pingplex/shared/contracts/http';
import { CreateRow, type MediaFileView } from '@pingplex/shared/contracts/ipc';
import { MediaFileId } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRow, type FilePort, nameFromPrompt, type WorkspaceFile } from '../../src/main/create/check.ts';
import { MadePictures } from '../../src/main/create/made.ts';
import { readPromptTable } from '../../src/main/create/table.ts';
import { testEngine } from './helpers/studio.ts';

const settingsSchema = {
  type: 'object',
  properties: {
    quality: { type: 'string', enum: ['low', 'high'], default: 'low' },
    n: { type: 'integer', minimum: 1, maximum: 4, default: 1 },
    sound: { type: 'boolean', default: false },
  },
  additionalProperties: false,
};
const model = (limits: Partial<Model['limits']> = {}): Model => ({
  id: 'maker/one',
  provider: 'maker',
  capability: 'imageEdit',
  label: { en: 'One', ru: 'Один' },
  settingsSchema,
  limits: { maxPromptChars: 40, minSources: 0, maxSources: 2, maxSourceBytes: 1e7, sourceMimes: ['image/png'], mask: true, ...limits },
  resultKind: 'image',
  price: {
    kind: 'perUnit',
    unit: 'image',
    base: 2,
    unitsFrom: 'n',
    factors: [{ setting: 'quality', values: { low: 1, high: 4 } }],
    since: '2026-01-01',
  },
  available: true,
  sandbox: true,
  retiresAt: null,
});

describe('row 53, must show 6: tables of prompts', () => {
  test('commas, semicolons and tabs, a byte order mark, quotes with line ends, Russian titles', () => {
    const comma = readPromptTable('\uFEFFprompt,name,quality\r\n"a ""red"" fox,\r\nin snow",fox,high\r\n\r\ncat,,low\r\n', 'a.csv');
    expect(comma.problems).toEqual([]);
    expect(comma.rows).toEqual([
      { line: 2, prompt: 'a "red" fox,\nin snow', name: 'fox', cells: { quality: 'high' } },
      { line: 5, prompt: 'cat', cells: { quality: 'low' } },
    ]);
    expect(readPromptTable('Промпт;Файл;n\nлиса, снег;кот.png;2', null).rows).toEqual([
      { line: 2, prompt: 'лиса, снег', file: 'кот.png', cells: { n: '2' } },
    ]);
    expect(readPromptTable('name\tprompt\na\tone, two', null).rows).toEqual([{ line: 2, prompt: 'one, two', name: 'a', cells: {} }]);
    expect(readPromptTable('one\ntwo\n', null).rows.map(({ prompt }) => prompt)).toEqual(['one', 'two']);
    expect(readPromptTable('', null)).toMatchObject({ rows: [], problems: [] });
  });

  test('what can’t be read is told by line and column, and the rest is still there', () => {
    const text = 'prompt,quality,n\none,low,1\ntwo,low\nthree,low,1,what\nfour,high,2\n';
    const { rows, problems } = readPromptTable(text, null);
    expect(rows.map(({ prompt, line }) => [line, prompt])).toEqual([
      [2, 'one'],
      [5, 'four'],
    ]);
    expect(problems).toEqual([
      { line: 3, column: 'n', code: 'cellsTooFew', what: '3' },
      { line: 4, column: null, code: 'cellsTooMany', what: 'what' },
    ]);
    const open = readPromptTable('prompt,n\na,1\n"b,2\nc,3\n', null);
    expect(open.problems).toEqual([{ line: 3, column: 'prompt', code: 'quoteOpen', what: '' }]);
    expect(readPromptTable('prompt,n\na "b" c,1\n', null).problems).toMatchObject([{ line: 2, column: 'prompt', code: 'quoteInside' }]);
    expect(readPromptTable('a,b\n1,2\n', null).problems).toMatchObject([{ line: 1, code: 'noPromptColumn' }]);
    expect(readPromptTable('prompt,n,n\nx,1,2\n', null).problems).toMatchObject([{ code: 'columnTwice', column: 'n' }]);
    expect(readPromptTable('PK\u0003\u0004\0', null).problems).toMatchObject([{ code: 'notText' }]);
    const long = readPromptTable(`prompt\n${'x\n'.repeat(10_002)}`, null);
    expect(long.rows).toHaveLength(10_000);
    expect(long.problems).toEqual([{ line: 10_002, column: null, code: 'tooManyRows', what: '10000' }]);
  });
});

describe('rows against a model', () => {
  const view = (name: string, kind: MediaFileView['kind'] = 'image'): WorkspaceFile => ({
    path: `/in/${name}`,
    root: '/in',
    view: {
      id: MediaFileId.parse(`id-${name.replaceAll('.', '-')}-0000`),
      name,
      folder: '/in',
      sizeBytes: 10,
      modifiedAt: 1,
      order: 0,
      kind,
      format: kind === 'audio' ? 'mp3' : 'png',
      state: 'ready',
      summary: null,
      flags: [],
      damaged: false,
      nameMismatch: false,
      error: null,
    },
  });
  const all = [view('cat.png'), view('dog.png'), view('dog.png'), view('song.mp3', 'audio')];
  const files: FilePort = {
    get: (id) => all.find((one) => one.view.id === id),
    named: (name) => all.filter((one) => one.view.name === name),
    made: () => undefined,
  };
  const problems = (row: CreateRow, limits?: Partial<Model['limits']>) =>
    checkRow(model(limits), {}, CreateRow.parse(row), 7, files).problems.map(({ row: place, column, code, what, allowed }) =>
      [place, column, code, what, allowed].filter((one) => one !== undefined),
    );

  test('every cell is judged by the model’s schema and told by its column', () => {
    expect(problems({ prompt: ' ' })).toEqual([[7, 'prompt', 'promptEmpty', '']]);
    expect(problems({ prompt: 'x'.repeat(41) })).toEqual([[7, 'prompt', 'promptTooLong', '41', '40']]);
    expect(problems({ prompt: 'x', cells: { quality: 'ultra', n: '9', sound: 'maybe', colour: 'red' } })).toEqual([
      [7, 'quality', 'settingInvalid', 'ultra', 'low, high'],
      [7, 'n', 'settingInvalid', '9', '1–4'],
      [7, 'sound', 'settingInvalid', 'maybe', 'true, false'],
      [7, 'colour', 'settingUnknown', 'colour', 'quality, n, sound'],
    ]);
    expect(problems({ prompt: 'x', file: 'cow.png' })).toEqual([[7, 'file', 'fileUnknown', 'cow.png']]);
    expect(problems({ prompt: 'x', file: 'dog.png' })).toEqual([[7, 'file', 'fileTwice', 'dog.png']]);
    expect(problems({ prompt: 'x', file: 'song.mp3' })).toEqual([[7, 'file', 'sourceKind', 'song.mp3', 'image']]);
    expect(problems({ prompt: 'x' }, { minSources: 1 })).toEqual([[7, 'file', 'sourceMissing', '0', '1']]);
    expect(problems({ prompt: 'x', name: 'a/b' })).toEqual([[7, 'name', 'nameUnusable', 'a/b']]);
  });

  test('a right row has its own settings, source, place and price', () => {
    const row = CreateRow.parse({ prompt: ' a cat ', file: 'cat.png', cells: { quality: 'HIGH', n: '2', sound: 'да' } });
    const { item } = checkRow(model(), { quality: 'low' }, row, 3, files);
    expect(item).toMatchObject({
      position: 3,
      credits: 16,
      source: { path: '/in/cat.png', name: 'cat.png' },
      ask: { prompt: 'a cat', settings: { quality: 'high', n: 2, sound: true }, sources: [{ role: 'image', path: '/in/cat.png' }] },
    });
  });

  test('a prompt without a source gives its result a name that every disk takes', () => {
    expect(nameFromPrompt('A red fox: 50/50? v2.0 “snow”')).toBe('A red fox 50 50 v2 0 “snow”');
    expect(nameFromPrompt('…'.repeat(3))).not.toBe('');
    expect(nameFromPrompt('word '.repeat(40)).length).toBeLessThanOrEqual(60);
    expect(nameFromPrompt('///')).toBe('prompt');
  });
});

describe('pictures that are made here', () => {
  const engine = testEngine(1);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pingplex-made-'));
  });
  afterAll(() => engine.close());

  test('a mask is kept by the hash of its bytes and found again after a start; what is no picture is refused', async () => {
    const made = new MadePictures({ folder: join(folder, 'made'), engine });
    await made.start(new Set());
    await expect(made.saveMask(Buffer.from('no picture at all, but long enough').toString('base64'))).rejects.toMatchObject({
      code: 'file.unsupported',
    });
    const painted = await sharp({ create: { width: 60, height: 90, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { id, width, height } = await made.saveMask(painted.toString('base64'));
    expect([width, height]).toEqual([60, 90]);
    const again = new MadePictures({ folder: join(folder, 'made'), engine });
    await again.start(new Set());
    const mask = again.get(id);
    expect(await readFile(mask?.path ?? '')).toEqual(painted);
  });
});
