import { cp } from 'node:fs/promises';
import path from 'node:path';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { type Desk, openDesk } from '../driver/desk.ts';
import type { Studio } from '../driver/studio.ts';
import { makeMusic } from '../engine/helpers/photo.ts';

const NAMES = ['Poppies.jpg', 'Evening (vertical).mp4', 'Music.flac'];
let desk: Desk;
let studio: Studio;
let results: readonly ResultView[];

beforeAll(async () => {
  desk = await openDesk('compare');
  studio = desk.studio();
  const folder = path.join(desk.root, 'samples');
  const samples = await makeSamples(folder, { only: ['jpeg', 'mp4'], isSmall: true });
  for (const { path: file } of samples) if (NAMES.includes(path.basename(file))) await cp(file, path.join(desk.input, path.basename(file)));
  makeMusic(path.join(desk.input, 'Music.flac'), 'flac', 15);
  await studio.addFolder(desk.input);
  await studio.filesReady(NAMES.length);
  await studio.addStep('unicalize');
  await studio.editStep(0, (page) => page.getByLabel('Variants per file').fill('1'));
  await studio.chooseOutput(desk.output);
  await studio.confirmRights();
  ({ results } = await studio.finished(await studio.run()));
  expect(results).toHaveLength(NAMES.length);
  await studio.go('library');
});
afterAll(async () => {
  await desk?.done();
});

const detail = () => studio.page.getByTestId('result-detail');
const compare = () => detail().getByTestId('compare');
const stage = () => detail().getByTestId('compare-stage');
const reads = <T>(script: string): Promise<T> =>
  studio.page.evaluate<T>(`(() => { const root = document.querySelector('[data-testid=result-detail]'); ${script} })()`);
/** Waits until something that the page shows reads as expected. */
const until = <T>(read: () => Promise<T>, check: (value: T) => void): Promise<void> =>
  vi.waitFor(async () => check(await read()), { timeout: 60_000, interval: 50 });

async function open(kind: ResultView['kind']): Promise<ResultView> {
  const result = results.find((one) => one.kind === kind);
  if (result === undefined) throw new Error(`no result of kind ${kind}`);
  await studio.page.locator(`[data-testid=result-card][data-result-name="${result.name}"]`).click();
  await stage().waitFor();
  await stage().focus();
  return result;
}
async function close(): Promise<void> {
  await studio.page.keyboard.press('Escape');
  await detail().waitFor({ state: 'detached' });
}
const style = (side: 'a' | 'b', name: string): Promise<string> =>
  reads(`return root.querySelector('[data-testid=compare-${side}]').style.${name};`);
const transform = (side: 'a' | 'b'): Promise<string> =>
  reads(`return root.querySelector('[data-testid=compare-${side}] > div').style.transform;`);

describe('row 34: before and after', () => {
  test('row 34: pictures under a divider, side by side and through a lens, zoomed and moved together', async () => {
    await open('image');
    expect(await compare().getAttribute('data-layout')).toBe('slider');
    await until(
      () => reads<number[]>(`return [...root.querySelectorAll('img')].map((one) => one.naturalWidth);`),
      (widths) => {
        expect(widths).toHaveLength(2);
        expect(Math.min(...widths)).toBeGreaterThan(60);
      },
    );
    expect(await style('a', 'clipPath')).toBe('inset(0px 50% 0px 0px)');
    await studio.page.keyboard.press('ArrowRight');
    await until(
      () => style('a', 'clipPath'),
      (clip) => expect(clip).toBe('inset(0px 48% 0px 0px)'),
    );
    await studio.page.keyboard.press('+');
    await studio.page.keyboard.press('Shift+ArrowLeft');
    for (const side of ['a', 'b'] as const)
      await until(
        () => transform(side),
        (text) => expect(text).toBe('translate(40px, 0px) scale(1.5)'),
      );
    await studio.page.keyboard.press('v');
    await until(
      () => compare().getAttribute('data-layout'),
      (layout) => expect(layout).toBe('side'),
    );
    expect([await style('a', 'width'), await style('b', 'left')]).toEqual(['50%', '50%']);
    const box = await stage().boundingBox();
    if (box === null) throw new Error('no stage');
    await studio.page.keyboard.press('0');
    await studio.page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
    await studio.page.mouse.wheel(0, -400);
    await until(
      () => transform('a'),
      (text) => expect(Number(/scale\(([\d.]+)/.exec(text)?.[1])).toBeGreaterThan(1.5),
    );
    expect(await transform('a')).toBe(await transform('b'));
    await studio.page.keyboard.press('v');
    await detail().getByTestId('lens').waitFor();
    await studio.page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.5);
    await until(
      () => style('a', 'clipPath'),
      (clip) => expect(clip).toMatch(/^circle\(96px at 2\d(\.\d+)?% /),
    );
    await studio.page.keyboard.press('a');
    await until(
      () => compare().getAttribute('data-solo'),
      (solo) => expect(solo).toBe('a'),
    );
    await studio.page.keyboard.press('a');
    await until(
      () => compare().getAttribute('data-solo'),
      (solo) => expect(solo).toBe(''),
    );
    await close();
    expect((await studio.call('app.getState', {})).settings.compare?.image).toBe('lens');
    await open('image');
    expect(await compare().getAttribute('data-layout')).toBe('lens');
    await close();
  });

  type Both = { at: number[]; paused: boolean[]; muted: boolean[]; volume: number[] };
  const both = (): Promise<Both> =>
    reads(`const all = [...root.querySelectorAll('video, audio')].sort((a, b) => (a.getAttribute('aria-label') === 'Source' ? -1 : 1));
      return { at: all.map((one) => one.currentTime), paused: all.map((one) => one.paused), muted: all.map((one) => one.muted), volume: all.map((one) => one.volume) };`);
  const ready = (): Promise<void> =>
    until(
      () =>
        reads<boolean>(
          `const all = [...root.querySelectorAll('video, audio')]; return all.length === 2 && all.every((one) => one.readyState >= 2 && !one.seeking);`,
        ),
      (isReady) => expect(isReady).toBe(true),
    );
  /** Seconds of the result per second of the source. */
  const stretch = async (result: ResultView): Promise<number> => {
    const { files } = await studio.call('library.page', { limit: 100 });
    const source = files.find(({ id }) => id === result.sourceId)?.summary?.durationMs ?? 0;
    return (result.measurements.durationMs ?? source) / source;
  };

  test('row 34: two films play, stop, step and seek together', async () => {
    const result = await open('video');
    const ratio = await stretch(result);
    const fps = (await studio.call('library.page', { limit: 100 })).files.find(({ id }) => id === result.sourceId)?.summary?.fps ?? 30;
    await ready();
    await studio.page.keyboard.press('.');
    for (const [key, frame] of [
      ['.', 2],
      ['.', 3],
      [',', 2],
    ] as const) {
      await ready();
      await studio.page.keyboard.press(key);
      await until(both, ({ at }) => {
        expect(Math.floor((at[0] ?? 0) * fps + 1e-6)).toBe(frame);
        expect((at[1] ?? 0) / ratio).toBeCloseTo(at[0] ?? 0, 2);
      });
    }
    await studio.page.keyboard.press('Home');
    await ready();
    await studio.page.keyboard.press(' ');
    await until(both, ({ at, paused }) => {
      expect(paused).toEqual([false, false]);
      expect(Math.min(...at)).toBeGreaterThan(0.2);
    });
    await studio.page.keyboard.press('k');
    await until(both, ({ paused, at }) => {
      expect(paused).toEqual([true, true]);
      expect((at[1] ?? 0) / ratio).toBeCloseTo(at[0] ?? 0, 1);
    });
    await studio.page.keyboard.press('m');
    await until(both, ({ muted }) => expect(muted).toEqual([true, false]));
    await studio.page.keyboard.press('a');
    await until(both, ({ muted }) => expect(muted).toEqual([false, true]));
    const before = await reads<number>(`window.kept = root.querySelector('video'); return root.querySelectorAll('video').length;`);
    expect(before).toBe(2);
    await studio.page.keyboard.press('v');
    await until(
      () => compare().getAttribute('data-layout'),
      (layout) => expect(layout).toBe('slider'),
    );
    expect(await reads(`return window.kept === root.querySelector('video');`)).toBe(true);
    await close();
  });

  test('row 34: two sounds run together; A and B switch at once, equally loud by measured loudness', async () => {
    const result = await open('audio');
    await ready();
    const how = { peaks: 16, loudness: true };
    if (result.sourceId === null) throw new Error('no source');
    const a = (await studio.call('library.waveform', { id: result.sourceId, ...how })).loudnessLufs ?? 0;
    const b = (await studio.call('results.waveform', { id: result.id, ...how })).loudnessLufs ?? 0;
    expect(a).toBeLessThan(-5);
    const expected = [10 ** (Math.min(0, b - a) / 20), 10 ** (Math.min(0, a - b) / 20)];
    await until(both, ({ volume }) => {
      for (const [n, one] of volume.entries()) expect(one).toBeCloseTo(expected[n] ?? 0, 2);
    });
    const levels = detail().getByTestId('levels');
    await levels.getByText(/Source: .*LUFS/).waitFor();
    await levels.getByText(/Result: .*LUFS/).waitFor();
    await stage().focus();
    await studio.page.keyboard.press(' ');
    await until(both, ({ paused, at }) => {
      expect(paused).toEqual([false, false]);
      expect(Math.min(...at)).toBeGreaterThan(0.1);
    });
    for (const [key, muted] of [
      ['a', [false, true]],
      ['b', [true, false]],
      ['a', [false, true]],
    ] as const) {
      await studio.page.keyboard.press(key);
      await until(both, (now) => {
        expect(now.muted).toEqual(muted);
        expect(now.paused).toEqual([false, false]);
      });
    }
    await studio.page.keyboard.press(' ');
    await until(both, ({ paused }) => expect(paused).toEqual([true, true]));
    await detail()
      .getByRole('checkbox', { name: /Match loudness/ })
      .uncheck({ force: true });
    await until(both, ({ volume }) => expect(volume).toEqual([1, 1]));
    expect((await studio.call('app.getState', {})).settings.compare?.levelMatched).toBe(false);
    await close();
  });
});
