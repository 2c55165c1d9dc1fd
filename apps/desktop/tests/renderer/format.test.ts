import { expect, test } from 'vitest';
import { formats } from '../../src/renderer/lib/format.ts';

const en = formats('en');
const ru = formats('ru');

test('sizes are decimal, short and in the language', () => {
  expect([0, 999, 1000, 2_400_000, 186_000_000, 3_100_000_000].map(en.bytes)).toEqual([
    '0 byte',
    '999 byte',
    '1 kB',
    '2.4 MB',
    '186 MB',
    '3.1 GB',
  ]);
  expect(ru.bytes(2_400_000)).toMatch(/^2,4\sМБ$/);
  expect(en.bytes(999_999)).toBe('1 MB');
});

test('lengths of clips', () => {
  expect([0, 12_000, 59_600, 3_723_000].map((ms) => en.clock(ms))).toEqual(['0:00', '0:12', '1:00', '1:02:03']);
  expect(en.clock(24_640, true)).toBe('0:24.6');
  expect(en.clock(59_990, true)).toBe('0:59.9');
});

test('ranges of time share their unit and collapse when they read the same', () => {
  expect(en.range(14_000, 24_000)).toBe('14–24 sec');
  expect(en.range(40_000, 150_000)).toBe('40 sec – 3 min');
  expect(en.range(120_000, 121_000)).toBe('2 min');
  expect(en.range(5_400_000, 9_000_000)).toBe('1.5–2.5 hr');
  expect(ru.range(120_000, 300_000)).toMatch(/^2–5\sмин$/);
});

test('a change of credits carries its sign', () => {
  expect([4, -4, 0].map(en.signed)).toEqual(['+4', '-4', '0']);
});
