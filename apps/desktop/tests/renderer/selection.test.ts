import { MediaFileId } from '@pingplex/shared/domain';
import { expect, test } from 'vitest';
import { forget, moveBy, NOTHING, select, selectAll, typeAhead } from '../../src/renderer/features/files/selection.ts';

const id = (n: number): MediaFileId => MediaFileId.parse(`file-${String(n).padStart(4, '0')}`);
const rows = Array.from({ length: 10 }, (_, n) => id(n));
const ids = (selection: { ids: ReadonlySet<MediaFileId> }): number[] =>
  [...selection.ids].map((one) => rows.indexOf(one)).sort((a, b) => a - b);

test('click, Ctrl-click and Shift-click', () => {
  const one = select(NOTHING, rows, id(2), 'only');
  expect(ids(one)).toEqual([2]);
  const two = select(one, rows, id(5), 'toggle');
  expect(ids(two)).toEqual([2, 5]);
  expect(ids(select(two, rows, id(2), 'toggle'))).toEqual([5]);
  const range = select(two, rows, id(8), 'range');
  expect(ids(range)).toEqual([5, 6, 7, 8]);
  // The range turns about its anchor.
  expect(ids(select(range, rows, id(3), 'range'))).toEqual([3, 4, 5]);
});

test('what the filter hides stays selected', () => {
  const shown = rows.slice(4);
  const before = select(NOTHING, rows, id(1), 'only');
  expect(ids(selectAll(before, shown))).toEqual([1, 4, 5, 6, 7, 8, 9]);
  const anchored = select(select(before, shown, id(4), 'toggle'), shown, id(6), 'range');
  expect(ids(anchored)).toEqual([1, 4, 5, 6]);
});

test('removed files leave the selection and the keyboard goes to the next row', () => {
  const before = select(select(NOTHING, rows, id(3), 'only'), rows, id(5), 'range');
  const after = forget(before, new Set([id(3), id(4), id(5)]), rows);
  expect(ids(after)).toEqual([]);
  expect(after.focus).toBe(id(6));
  expect(forget(select(NOTHING, rows, id(9), 'only'), new Set([id(9)]), rows).focus).toBe(id(8));
});

test('arrows, Home, End and pages in a grid of four columns', () => {
  const move = (key: string, at: number): number | undefined => moveBy(key, at, 10, 4, 2);
  expect([move('ArrowRight', 9), move('ArrowLeft', 0), move('ArrowDown', 5), move('ArrowDown', 7), move('ArrowUp', 5)]).toEqual([
    9, 0, 9, 7, 1,
  ]);
  expect([move('Home', 5), move('End', 5), move('PageDown', 0), move('PageUp', 9), move('x', 0)]).toEqual([0, 9, 8, 1, undefined]);
  expect(move('ArrowDown', -1)).toBe(0);
});

test('type-ahead goes round and keeps its place while typing goes on', () => {
  const names = ['beach.mov', 'banner.avif', 'cover.webp', 'beach-2.mov'];
  expect(typeAhead(names, 'b', -1, false)).toBe(1);
  expect(typeAhead(names, 'be', 1, true)).toBe(3);
  expect(typeAhead(names, 'b', 3, false)).toBe(0);
  expect(typeAhead(names, 'z', 0, false)).toBe(-1);
});
