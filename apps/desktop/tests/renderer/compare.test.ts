import { describe, expect, it } from 'vitest';
import { panesOf } from '../../src/renderer/features/results/compare/panes.ts';
import { amplitude, matchedGains, type Player, SyncedPlayers } from '../../src/renderer/features/results/compare/synced-players.ts';
import { actualScale, FIT, panned, zoomAt } from '../../src/renderer/ui/look.ts';

/** A media element as far as the transport sees it: a clock that runs at its rate while it plays. */
class Clock implements Player {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  ended = false;
  muted = false;
  seeking = false;
  readyState = 4;
  volume = 1;
  readonly duration: number;
  constructor(duration: number) {
    this.duration = duration;
  }
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  run(seconds: number, error = 1): void {
    if (this.paused) return;
    this.currentTime = Math.min(this.duration, this.currentTime + seconds * this.playbackRate * error);
    this.ended = this.currentTime >= this.duration;
  }
}

const FRAME = 1 / 60;
/** Lets both run with one clock a little off, as two decoders do, and corrects with every frame of the screen. */
function run(pair: SyncedPlayers, a: Clock, b: Clock, seconds: number, error = 1): number[] {
  const drifts: number[] = [];
  for (let at = 0; at < seconds; at += FRAME) {
    a.run(FRAME, error);
    b.run(FRAME);
    drifts.push(pair.correct());
  }
  return drifts;
}

describe('row 34: two players under one transport', () => {
  it('keeps the follower with the leader although its clock is 1 % fast, and never touches the speed of what is heard', async () => {
    const [a, b] = [new Clock(60), new Clock(60)];
    const pair = new SyncedPlayers(a, b);
    await pair.play();
    const drifts = run(pair, a, b, 20, 1.01);
    expect(Math.max(...drifts.map(Math.abs))).toBeLessThan(0.02);
    expect(b.playbackRate).toBe(1);
    expect(b.currentTime).toBeCloseTo(20, 1);
  });

  it('jumps when the follower is far away, and creeps when it is near', async () => {
    const [a, b] = [new Clock(60), new Clock(60)];
    const pair = new SyncedPlayers(a, b);
    await pair.play();
    a.currentTime = 3;
    pair.correct();
    expect(a.currentTime).toBeCloseTo(0, 5);
    a.currentTime = 0.1;
    pair.correct();
    expect(a.currentTime).toBe(0.1);
    expect(a.playbackRate).toBeLessThan(1);
    run(pair, a, b, 4);
    expect(Math.abs(a.currentTime - b.currentTime)).toBeLessThan(0.01);
  });

  it('switches without stopping either, and the new leader runs at its own speed', async () => {
    const [a, b] = [new Clock(60), new Clock(60)];
    const pair = new SyncedPlayers(a, b);
    await pair.play();
    run(pair, a, b, 1, 0.99);
    pair.follow('a');
    expect([a.paused, b.paused, a.playbackRate]).toEqual([false, false, 1]);
    expect(pair.at).toBe(a.currentTime);
    run(pair, a, b, 3);
    expect(a.playbackRate).toBe(1);
    expect(Math.abs(a.currentTime - b.currentTime)).toBeLessThan(0.01);
  });

  it('puts a variant that runs 4 % longer at the same place of the story', async () => {
    const [a, b] = [new Clock(50), new Clock(52)];
    const pair = new SyncedPlayers(a, b, 1.04);
    pair.seek(25);
    expect([a.currentTime, b.currentTime]).toEqual([25, 26]);
    pair.follow('a');
    await pair.play();
    run(pair, a, b, 10);
    expect(b.currentTime).toBeCloseTo(a.currentTime * 1.04, 1);
    expect(pair.length).toBeCloseTo(50, 5);
  });

  it('steps both by exactly one frame, on and back, and ends in the middle of it', () => {
    const [a, b] = [new Clock(10), new Clock(10)];
    const pair = new SyncedPlayers(a, b);
    const frame = (clock: Clock): number => Math.floor(clock.currentTime * 25);
    for (const [by, expected] of [
      [1, 1],
      [1, 2],
      [1, 3],
      [-1, 2],
      [-5, 0],
    ] as const) {
      pair.step(by, 25);
      expect([frame(a), frame(b)]).toEqual([expected, expected]);
      expect((a.currentTime * 25) % 1).toBeCloseTo(0.5, 5);
    }
  });

  it('stays inside the shorter one, and begins again after the end', async () => {
    const [a, b] = [new Clock(5), new Clock(8)];
    const pair = new SyncedPlayers(a, b);
    expect(pair.length).toBe(8);
    pair.seek(100);
    expect(a.currentTime).toBeLessThan(5);
    expect(b.currentTime).toBeLessThan(8);
    await pair.play();
    expect(b.currentTime).toBe(0);
  });

  it('knows no length before the files have told theirs', () => {
    expect(new SyncedPlayers(new Clock(Number.NaN), new Clock(Number.NaN)).length).toBe(0);
  });
});

describe('row 34: equally loud', () => {
  it('turns the louder one down by the difference and the other one not at all', () => {
    expect(matchedGains(-14, -20)).toEqual({ a: -6, b: 0 });
    expect(matchedGains(-23, -20.5)).toEqual({ a: 0, b: -2.5 });
    expect(matchedGains(undefined, -20)).toEqual({ a: 0, b: 0 });
    expect(amplitude(-6)).toBeCloseTo(0.501, 3);
    expect(amplitude(0)).toBe(1);
  });
});

describe('row 34: layouts', () => {
  it('cuts the source by the divider or to the lens and keeps both whole side by side', () => {
    expect(panesOf('slider', null, 30, { x: 0, y: 0 }).a.clip).toBe('inset(0 70% 0 0)');
    expect(panesOf('lens', null, 30, { x: 10, y: 90 }).a.clip).toMatch(/^circle\(\d+px at 10% 90%\)$/);
    const side = panesOf('side', null, 30, { x: 0, y: 0 });
    expect([side.a.left, side.b.left, side.a.clip, side.b.clip]).toEqual(['0%', '50%', undefined, undefined]);
    const solo = panesOf('slider', 'a', 30, { x: 0, y: 0 });
    expect([solo.a.isHidden, solo.b.isHidden, solo.a.clip]).toEqual([false, true, undefined]);
  });

  it('keeps the point under the pointer where it is', () => {
    const look = zoomAt(zoomAt(FIT, 3, 40, -10), 2, -25, 60);
    /** Where a point of the picture (from its middle, unscaled) is in the box. */
    const place = (point: number, shift: number): number => shift + point * look.scale;
    const before = zoomAt(FIT, 3, 40, -10);
    const [px, py] = [(-25 - before.x) / before.scale, (60 - before.y) / before.scale];
    expect(place(px, look.x)).toBeCloseTo(-25, 6);
    expect(place(py, look.y)).toBeCloseTo(60, 6);
    expect(zoomAt(look, 0.001, 5, 5)).toEqual(FIT);
    expect(zoomAt(FIT, 1000, 0, 0).scale).toBe(32);
  });

  it('knows what actual pixels are on a dense screen, and moves only what is larger than its box', () => {
    expect(actualScale({ width: 1000, height: 500 }, { width: 4000, height: 1000 }, 2)).toBe(2);
    expect(actualScale({ width: 1000, height: 500 }, { width: 100, height: 100 }, 1)).toBe(0.2);
    expect(actualScale({ width: 0, height: 0 }, { width: 100, height: 100 }, 1)).toBe(1);
    expect(panned(FIT, 'ArrowLeft')).toBeNull();
    expect(panned({ scale: 2, x: 0, y: 0 }, 'ArrowLeft')).toEqual({ scale: 2, x: 40, y: 0 });
    expect(panned({ scale: 2, x: 0, y: 0 }, 'x')).toBeNull();
  });
});
