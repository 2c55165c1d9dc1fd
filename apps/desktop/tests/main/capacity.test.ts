import { expect, it } from 'vitest';
import { type BusyJob, roomBeside } from '../../src/main/engine-host/capacity.ts';
import { memoryNeed } from '../../src/main/engine-host/memory-need.ts';

const GB = 1024 ** 3;
const job = (lane: BusyJob['lane'], needBytes = 0.15 * GB, rssBytes = 0): BusyJob => ({ lane, needBytes, rssBytes });
const times = (n: number, one: BusyJob): BusyJob[] => Array.from({ length: n }, () => one);
const plenty = () => 64 * GB;
const temp = { dir: '/out', stem: '.pingplex-x' };

it('quick inspections take every core while no batch wants them, and one place beside a batch', () => {
  expect(roomBeside([], 4, undefined, plenty).look).toBe(4);
  expect(roomBeside(times(4, job('look')), 4, undefined, plenty)).toMatchObject({ look: 0, batch: 4, interactive: 5 });
  // A batch that begins among ten thousand new files gets all its places as soon as these short jobs end.
  expect(roomBeside(times(4, job('look')), 4, job('batch'), plenty)).toMatchObject({ batch: 4 });
  expect(roomBeside(times(4, job('batch')), 4, job('batch'), plenty)).toEqual({ batch: 0, look: 1, interactive: 1 });
  expect(roomBeside([...times(4, job('batch')), job('look')], 4, job('batch'), plenty)).toEqual({ batch: 0, look: 0, interactive: 1 });
});

it('fewer batch jobs run when memory is short; one always may', () => {
  const film = job('batch', 1.3 * GB);
  expect(roomBeside([film], 4, film, () => 2 * GB).batch).toBe(0);
  expect(roomBeside([film], 4, film, () => 4 * GB).batch).toBe(3);
  // What it has taken already is missing from the free memory and isn't counted twice.
  expect(roomBeside([{ ...film, rssBytes: 1.3 * GB }], 4, film, () => 2 * GB).batch).toBe(3);
  expect(roomBeside([], 4, film, () => 0).batch).toBe(4);
});

it('reckons memory by what a job does and how large the media are', () => {
  const settings = { variants: 1, strength: 'light', seed: 1, mirror: false } as never;
  const film = (megapixels: number) => memoryNeed({ verb: 'unicalize', path: '/a.mp4', temp, settings }, { megapixels });
  expect(film(2.07) / 2 ** 20).toBeCloseTo(450, -1);
  expect(film(8.3) / GB).toBeCloseTo(1.3, 1);
  const picture = (megapixels: number) => memoryNeed({ verb: 'unicalize', path: '/a.jpg', temp, settings }, { megapixels });
  expect(picture(50) - picture(10)).toBe(40e6 * 25);
  expect(memoryNeed({ verb: 'inspect', path: '/a.mp4', depth: 'quick' })).toBeLessThan(0.2 * GB);
});
