import { expect, it } from 'vitest';
import { carriedFigures } from '../../src/main/batches/carried-figures.ts';

it('a later step keeps no figure that was measured on an earlier file', () => {
  const carried = carriedFigures({
    clean: { outcome: 'cleaned', removed: ['GPS:GPSLatitude'], kept: [], verified: true, bitIdentical: true, notes: ['coverRemoved'] },
    variant: { n: 2, parameters: { zoom: 1.03 }, targetReached: true, attempts: 1, engineVersion: '1' },
    fromSource: { score: 60, band: 'distinct', pdq: 70 },
    nearestSister: { score: 50, band: 'distinct', pdq: 60 },
    quality: { ssim: 0.96 },
    notes: ['convertedToSrgb'],
    width: 100,
    height: 50,
  });
  expect(Object.keys(carried).sort()).toEqual(['clean', 'notes', 'variant']);
  expect(carried.clean).toMatchObject({ removed: ['GPS:GPSLatitude'], bitIdentical: false, notes: ['coverRemoved'] });
  expect(carried.notes).toEqual(['convertedToSrgb']);
});
