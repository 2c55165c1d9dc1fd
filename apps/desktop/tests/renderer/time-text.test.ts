import { expect, test } from 'vitest';
import { formatTime, parseTime } from '../../src/renderer/features/recipes/time-text.ts';

test.each([
  ['', undefined],
  ['0', 0],
  ['83', 83_000],
  ['83.25', 83_250],
  ['83,25', 83_250],
  ['1:02.500', 62_500],
  ['1:02:03.5', 3_723_500],
  [' 0:00.001 ', 1],
  ['1:60', null],
  ['1:60:00', null],
  ['1:2:3:4', null],
  ['-1', null],
  ['1.0005', null],
  ['soon', null],
])('%j is %j milliseconds', (text, ms) => {
  expect(parseTime(text)).toBe(ms);
});

test.each([
  [0, '0:00'],
  [62_500, '1:02.500'],
  [59_999.7, '1:00'],
  [3_723_045, '1:02:03.045'],
])('%d milliseconds are written as %s, and read back', (ms, text) => {
  expect(formatTime(ms)).toBe(text);
  expect(parseTime(text)).toBe(Math.round(ms));
});
