import { describe, expect, it } from 'vitest';
import { frameStart, frameTime, peaksIn, shownSpan, stripIndex } from '../../src/renderer/features/inspector/components/frames.ts';

describe('rows 32 and 33: frames, strips and magnified waveforms', () => {
  it('seeks into the middle of exactly the next frame and exactly the one before, whatever the rate', () => {
    for (const fps of [23.976, 24, 25, 29.97, 30, 50, 59.94, 119.88]) {
      for (const n of [1, 2, 99, 100_000]) {
        expect(Math.floor(frameTime(n / fps, 1, fps) * fps + 1e-6)).toBe(n + 1);
        expect(Math.floor(frameTime(n / fps, -1, fps) * fps + 1e-6)).toBe(n - 1);
      }
    }
    expect(frameTime(0, -1, 25)).toBe(0);
  });

  it('trusts the decoder about the frame on screen, and the clock where the decoder is late', () => {
    expect(frameStart(null, 0, 25)).toBe(0);
    expect(frameStart(1.001, 1.02, 25)).toBe(1.001);
    expect(frameStart(5, 1.02, 25)).toBe(1);
    expect(frameStart(0, 1.02, 25)).toBe(1);
    expect(frameStart(null, 3 / 29.97, 29.97)).toBeCloseTo(3 / 29.97, 9);
  });

  it('knows which picture of a strip stands for a place', () => {
    expect([-1, 0, 0.49, 0.5, 0.99, 1, 2].map((share) => stripIndex(share, 16))).toEqual([0, 0, 7, 8, 15, 15, 15]);
  });

  it('magnifies about the middle and never leaves the sound', () => {
    expect(shownSpan(1, 0.2)).toEqual({ from: 0, to: 1 });
    expect(shownSpan(4, 0.5)).toEqual({ from: 0.375, to: 0.625 });
    expect(shownSpan(4, 0)).toEqual({ from: 0, to: 0.25 });
    expect(shownSpan(4, 1)).toEqual({ from: 0.75, to: 1 });
    expect(shownSpan(0.1, 0.5)).toEqual({ from: 0, to: 1 });
  });

  it('keeps the loudest of every slice, also when there are fewer peaks than bars', () => {
    const peaks = [0.1, 0.9, 0.2, 0.3, 0.4, 0.8, 0.1, 0];
    expect(peaksIn(peaks, { from: 0, to: 1 }, 4)).toEqual([0.9, 0.3, 0.8, 0.1]);
    expect(peaksIn(peaks, { from: 0.5, to: 1 }, 4)).toEqual([0.4, 0.8, 0.1, 0]);
    expect(peaksIn([0.5, 1], { from: 0, to: 1 }, 4)).toEqual([0.5, 0.5, 1, 1]);
    expect(peaksIn([], { from: 0, to: 1 }, 2)).toEqual([0, 0]);
  });
});
