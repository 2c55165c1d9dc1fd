import type { Model } from '@pingplex/shared/contracts/http';
import type { PromptTable, SourceView } from '@pingplex/shared/contracts/ipc';
import { MediaFileId } from '@pingplex/shared/domain';
import { expect, test } from 'vitest';
import {
  kindsOf,
  modelFor,
  rowsOf,
  takesFrames,
  takingFiles,
  usableSources,
  withSource,
} from '../../src/renderer/features/create/model.ts';

const id = (n: number) => MediaFileId.parse(`file-0${String(n).padStart(4, '0')}`);
const file = (n: number, role: SourceView['role'] = 'image'): SourceView => ({ role, fileId: id(n), name: `${n}.png`, kind: 'image' });
const mask: SourceView = { role: 'mask', madeId: 'a'.repeat(64), name: 'mask', kind: 'image' };

const model = (own: Partial<Model> & { takes?: number } = {}): Model => {
  const { takes = 2, limits, ...more } = own;
  return {
    id: 'a/edit',
    provider: 'a',
    capability: 'imageEdit',
    label: { en: 'A', ru: 'А' },
    settingsSchema: {},
    resultKind: 'image',
    price: { kind: 'perUnit', unit: 'image', base: 1, factors: [], since: '2026-01-01' },
    available: true,
    sandbox: false,
    retiresAt: null,
    ...more,
    limits: {
      maxPromptChars: 100,
      minSources: 0,
      maxSources: takes,
      maxSourceBytes: 1e6,
      sourceMimes: takes > 0 ? ['image/png'] : [],
      mask: takes > 0,
      ...limits,
    },
  };
};
const form = { mode: 'one', prompt: 'a', prompts: 'a\n\n b \nc', sources: [], files: [], table: null } as const;

test('what can be made follows the catalogue, and so does the model that is open', () => {
  const text = model({ id: 'b/text', provider: 'b', capability: 'image', takes: 0 });
  const film = model({ id: 'c/film', resultKind: 'video', capability: 'imageToVideo', available: false });
  const models = [{ ...text, available: false }, model(), film];
  expect(kindsOf(models)).toEqual(['image', 'video']);
  expect(kindsOf([])).toEqual([]);
  expect(modelFor(models, 'image', undefined)?.id).toBe('a/edit');
  expect(modelFor(models, 'image', 'b/text')?.id).toBe('b/text');
  expect(modelFor(models, 'image', 'gone')?.id).toBe('a/edit');
  expect(modelFor(models, 'video', undefined)?.id).toBe('c/film');
  expect(modelFor(models, 'audio', undefined)).toBeUndefined();
  expect(takingFiles(models, text)?.id).toBe('a/edit');
  expect(takesFrames(model())).toBe(true);
});

test('sources: no file twice, the oldest makes room, a mask goes with its picture, another model keeps what it can use', () => {
  let sources: SourceView[] = [];
  for (const one of [file(1), file(1), mask, file(2)]) sources = withSource(model(), sources, one);
  expect(sources.map(({ name }) => name)).toEqual(['1.png', '2.png', 'mask']);
  expect(withSource(model(), sources, file(3)).map(({ name }) => name)).toEqual(['2.png', '3.png']);
  expect(usableSources(model({ takes: 0 }), sources)).toEqual([]);
  expect(usableSources(model({ takes: 1 }), [...sources, file(4, 'lastFrame')]).map(({ name }) => name)).toEqual(['1.png', 'mask']);
  expect(usableSources(model({ limits: { ...model().limits, mask: false } }), sources).map(({ name }) => name)).toEqual(['1.png', '2.png']);
});

test('one request, every pair of prompt and file, every line of a table', () => {
  expect(rowsOf(model(), { ...form, prompt: ' ' })).toEqual([]);
  expect(rowsOf(model(), { ...form, sources: [file(1)] })).toEqual([{ prompt: 'a', sources: [{ role: 'image', fileId: id(1) }] }]);
  const many = { ...form, mode: 'many' as const, files: [id(1), id(2)] };
  expect(rowsOf(model(), many).map((row) => [row.prompt, row.sources?.length])).toEqual([
    ['a', 1],
    ['a', 1],
    ['b', 1],
    ['b', 1],
    ['c', 1],
    ['c', 1],
  ]);
  expect(rowsOf(model({ takes: 0 }), many)).toHaveLength(3);
  expect(rowsOf(model({ limits: { ...model().limits, promptOptional: true } }), { ...many, prompts: '' })).toHaveLength(2);
  // A thousand prompts over a thousand files are never listed; one row too many says that there are too many.
  const thousand = Array.from({ length: 1000 }, (_, n) => id(n));
  expect(rowsOf(model(), { ...many, prompts: 'x\n'.repeat(1000), files: thousand })).toHaveLength(10_001);
  const rows: PromptTable['rows'] = [
    { line: 2, prompt: 'x', name: 'n', cells: { quality: 'low' } },
    { line: 3, prompt: '', file: 'cat.png', cells: {} },
  ];
  const table = { name: 't.csv', settings: ['quality'], hasFiles: true, rows, problems: [] };
  expect(rowsOf(model(), { ...form, mode: 'table', table, sources: [file(1)] })).toEqual([
    { prompt: 'x', name: 'n', cells: { quality: 'low' }, sources: [{ role: 'image', fileId: id(1) }] },
    { prompt: '', file: 'cat.png', cells: {}, sources: [{ role: 'image', fileId: id(1) }] },
  ]);
  expect(rowsOf(model(), { ...form, mode: 'table' })).toEqual([]);
});
