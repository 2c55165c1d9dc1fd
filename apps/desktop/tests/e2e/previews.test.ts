import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import sharp, { type Sharp } from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { transcode } from '../../src/engine/binaries/transcode.ts';
import { chooseFile, type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { context } from '../engine/helpers/context.ts';
import { wave } from '../engine/helpers/media.ts';

/** Made beside the samples: a JPEG without its last part, and a picture that moves. */
const CUT = 'Cut off.jpg';
const MOVING = 'Moving.gif';
/** Sound in a codec that Chromium doesn't know, in a container that it does. */
const LOSSLESS = 'Lossless.m4a';

let desk: Desk;
let studio: Studio;
let before: Record<string, string>;

beforeAll(async () => {
  desk = await openDesk('previews');
  studio = desk.studio();
  const samples = await makeSamples(desk.input, { only: ['jpeg', 'heic', 'raw', 'mp4', 'mp3'], isSmall: true });
  const whole = await readFile(path.join(desk.input, 'Закат над Батуми.jpg'));
  await writeFile(path.join(desk.input, CUT), whole.subarray(0, Math.round(whole.length * 0.6)));
  const frames = [0, 1, 2].map((n) => ({
    create: { width: 64, height: 48, channels: 3 as const, background: { r: n * 120, g: 40, b: 90 } },
  }));
  const pages = await Promise.all(frames.map((one) => sharp(one).png().toBuffer()));
  await sharp(pages, { join: { animated: true } })
    .gif({ delay: [200, 200, 200] })
    .toFile(path.join(desk.input, MOVING));
  const wav = path.join(desk.root, 'tone.wav');
  await writeFile(wav, wave(3));
  const lossless = { output: path.join(desk.input, LOSSLESS), container: 'ipod', audio: { filter: '', encoder: 'alac' } };
  await transcode({ input: wav, inputFormat: 'wav', ...lossless }, context());
  before = await hashesBelow(desk.input);
  await studio.addFolder(desk.input);
  await studio.filesReady(samples.length + 3);
});
afterAll(async () => {
  await desk?.done();
});

afterEach(async () => {
  if (!(await large().isVisible())) return;
  await studio.page.keyboard.press('Escape');
  await large().waitFor({ state: 'detached' });
});

const large = () => studio.page.getByTestId('large-preview');

/** Opens the large preview by the keyboard, as row 79 asks, and gives the shown file. */
async function openLarge(name: string): Promise<MediaFileView> {
  const file = await chooseFile(studio, name);
  await studio.page.getByTestId('file-grid').focus();
  await studio.page.keyboard.press('Space');
  await large().getByTestId('preview').waitFor();
  return file;
}
const reads = <T>(script: string): Promise<T> =>
  studio.page.evaluate<T>(`(() => { const root = document.querySelector('[data-testid=large-preview]'); ${script} })()`);
/** Waits until something that the page shows reads as expected. */
const until = <T>(read: () => Promise<T>, check: (value: T) => void): Promise<void> =>
  vi.waitFor(async () => check(await read()), { timeout: 60_000, interval: 50 });

type Shown = { readonly width: number; readonly height: number; readonly transform: string };
/** The decoded picture: its size and its zoom. */
const picture = (): Promise<Shown> =>
  studio.page.evaluate(`(async () => {
    const image = document.querySelector('[data-testid=large-preview] img');
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight, transform: image.style.transform };
  })()`);

const GRID = 12;
/** Mean difference per channel (0–255) between what is on screen and the file as it is meant to be seen, on a coarse grid. */
async function differenceOnScreen(file: string): Promise<number> {
  const seen = sharp(await large().locator('img').screenshot());
  const { width: boxWidth, height: boxHeight } = await seen.metadata();
  const upright = sharp(file).autoOrient();
  const { autoOrient: size } = await sharp(file).metadata();
  const scale = Math.min(boxWidth / size.width, boxHeight / size.height);
  const [width, height] = [Math.floor(size.width * scale), Math.floor(size.height * scale)];
  const inside = { left: Math.floor((boxWidth - width) / 2), top: Math.floor((boxHeight - height) / 2), width, height };
  const coarse = (image: Sharp): Promise<Buffer> =>
    image.toColourspace('srgb').removeAlpha().resize(GRID, GRID, { fit: 'fill' }).raw().toBuffer();
  const [shown, meant] = await Promise.all([coarse(seen.extract(inside)), coarse(upright)]);
  return shown.reduce((sum, value, at) => sum + Math.abs(value - (meant[at] ?? 0)), 0) / shown.length;
}

describe('row 31: images with zoom, true orientation, HEIC and RAW', () => {
  test('row 31: a picture that is stored turned is shown upright', async () => {
    const file = await openLarge('Alpine lake.jpg');
    expect(file.summary?.orientation).toBe(6);
    const shown = await picture();
    expect([shown.width, shown.height]).toEqual([file.summary?.width, file.summary?.height]);
    const stored = await sharp(path.join(desk.input, file.name)).metadata();
    expect([shown.width, shown.height]).toEqual([stored.height, stored.width]);
    expect(await differenceOnScreen(path.join(desk.input, file.name))).toBeLessThan(12);
  });

  test('row 31: a picture in Display P3 keeps its colours', async () => {
    await openLarge('product still.jpg');
    expect(await differenceOnScreen(path.join(desk.input, 'studio', 'product still.jpg'))).toBeLessThan(12);
  });

  test('row 31: plus, minus, arrows, nought and a double click zoom and move', async () => {
    await openLarge('Закат над Батуми.jpg');
    const scale = async (): Promise<number> => Number(/scale\(([\d.]+)\)/.exec((await picture()).transform)?.[1]);
    expect(await scale()).toBe(1);
    await studio.page.keyboard.press('+');
    await studio.page.keyboard.press('+');
    await until(scale, (value) => expect(value).toBeCloseTo(2.25, 3));
    // The percentage counts the picture's own pixels on those of the screen.
    const percent = (): Promise<number> =>
      reads(`const image = root.querySelector('img'); const box = image.getBoundingClientRect();
        const natural = image.naturalWidth / image.naturalHeight; const shown = Math.min(box.width, box.height * natural);
        return Math.round((100 * shown * devicePixelRatio) / image.naturalWidth);`);
    const told = async (): Promise<number> => Number.parseInt((await large().getByTestId('zoom').textContent()) ?? '', 10);
    await until(told, async (value) => expect(Math.abs(value - (await percent()))).toBeLessThanOrEqual(1));
    await studio.page.keyboard.press('1');
    await until(told, (value) => expect(value).toBe(100));
    await until(percent, (value) => expect(value).toBe(100));
    await studio.page.keyboard.press('0');
    await studio.page.keyboard.press('+');
    await studio.page.keyboard.press('+');
    await until(scale, (value) => expect(value).toBeCloseTo(2.25, 3));
    await studio.page.keyboard.press('ArrowLeft');
    await until(picture, ({ transform }) => expect(transform).toContain('translate(40px, 0px)'));
    await studio.page.keyboard.press('-');
    await until(scale, (value) => expect(value).toBeCloseTo(1.5, 3));
    await studio.page.keyboard.press('0');
    await until(picture, ({ transform }) => expect(transform).toBe('translate(0px, 0px) scale(1)'));
    await large().locator('img').dblclick();
    await until(scale, (value) => expect(value).toBeGreaterThanOrEqual(2));
    await large().locator('img').dblclick();
    await until(scale, (value) => expect(value).toBe(1));
    await large().locator('img').hover();
    await studio.page.mouse.wheel(0, -400);
    await until(scale, (value) => expect(value).toBeGreaterThan(1.5));
  });

  test.each(['Islands.heic', 'RAW_0417.dng'])('row 31: %s is shown by a labelled stand-in', async (name) => {
    const file = await openLarge(name);
    const shown = await picture();
    const ratio = (file.summary?.width ?? 0) / (file.summary?.height ?? 1);
    expect(shown.width).toBeGreaterThan(60);
    expect(shown.width / shown.height).toBeCloseTo(ratio, 1);
    await large().getByText('Preview made by pingplex: at most 2560 pixels').waitFor();
  });

  test('row 31: an animated picture moves by itself, as the original', async () => {
    const file = await openLarge(MOVING);
    expect(file.summary?.animated).toBe(true);
    await until(
      () => reads<string>(`return root.querySelector('img').currentSrc;`),
      (url) => expect(url).toContain('media://file/'),
    );
    expect(
      await large()
        .getByText(/Preview made by pingplex/)
        .count(),
    ).toBe(0);
  });

  test('row 31: of a picture that is cut off, what decodes is shown, marked as damaged', async () => {
    const file = await openLarge(CUT);
    expect(file.damaged).toBe(true);
    await large().getByText('Damaged: shows what can be decoded').waitFor();
    expect((await picture()).width).toBe(file.summary?.width);
  });

  test('row 31: looking changes no file', async () => {
    expect(await hashesBelow(desk.input)).toEqual(before);
  });
});

describe('row 32: video scrubbing, single frames, HEVC through a labelled stand-in', () => {
  type Player = { readonly at: number; readonly length: number; readonly width: number; readonly height: number; readonly paused: boolean };
  const player = (): Promise<Player> =>
    reads(`const v = root.querySelector('video');
      return v.readyState < 2 || v.seeking ? null : { at: v.currentTime, length: v.duration, width: v.videoWidth, height: v.videoHeight, paused: v.paused };`);
  /** Where the film stands, once it has been drawn there. */
  const settled = async (): Promise<Player> => {
    let value: Player | null = null;
    await until(player, (now) => {
      expect(now).not.toBeNull();
      value = now;
    });
    if (value === null) throw new Error('no film');
    return value;
  };

  test.each([
    ['Flight over the lake.mp4', false],
    ['Islands (HEVC).mp4', true],
  ])('row 32: %s', async (name, isStandIn) => {
    const file = await openLarge(name);
    const start = await settled();
    expect(start.length * 1000).toBeCloseTo(file.summary?.durationMs ?? 0, -2);
    expect(start.width / start.height).toBeCloseTo((file.summary?.width ?? 0) / (file.summary?.height ?? 1), 1);
    expect(await large().getByText('Preview made by pingplex: 480 lines, H.264').count()).toBe(isStandIn ? 1 : 0);
    const fps = file.summary?.fps ?? 30;
    /** Number of the frame on screen: the player stands in the middle of it. */
    const frame = async (): Promise<number> => Math.floor(((await player())?.at ?? -1) * fps + 1e-6);
    for (const [key, number] of [
      ['.', 1],
      ['.', 2],
      ['.', 3],
      [',', 2],
      [',', 1],
    ] as const) {
      await studio.page.keyboard.press(key);
      await until(frame, (value) => expect(value).toBe(number));
    }
    const bar = large().getByRole('slider', { name: 'Position' });
    const box = await bar.boundingBox();
    await bar.click({ position: { x: (box?.width ?? 0) * 0.5, y: (box?.height ?? 0) / 2 } });
    await until(player, (now) => expect((now?.at ?? 0) / start.length).toBeCloseTo(0.5, 1));
    // The frame under the pointer comes from a strip that the engine made.
    await bar.hover({ position: { x: (box?.width ?? 0) * 0.8, y: (box?.height ?? 0) / 2 } });
    await large().getByTestId('scrub-frame').waitFor({ timeout: 60_000 });
    expect(Number(await large().getByTestId('scrub').getAttribute('data-frame'))).toBeGreaterThan(10);
    await bar.press('Home');
    await until(player, (now) => expect(now?.at).toBe(0));
    await large().getByTestId('video-preview').focus();
    await studio.page.keyboard.press('k');
    await until(player, (now) => expect(now?.at).toBeGreaterThan(0.1));
  });
});

describe('row 33: sound with its waveform, scrubbed by the keyboard', () => {
  test('row 33: the waveform is drawn from the samples and the arrows move by a second', async () => {
    const file = await openLarge('Podcast 12 - Light.mp3');
    const slider = large().getByRole('slider', { name: /^Sound Podcast/ });
    const wave = slider.locator('svg');
    await wave.waitFor();
    const { peaks } = await studio.call('library.waveform', { id: file.id, peaks: 4096 });
    const drawn = await reads<string>(`return root.querySelector('[role=slider] svg path').getAttribute('d');`);
    expect(drawn.match(/M/g)).toHaveLength(256);
    // Speech has pauses and words: bars of many heights, not a decoration.
    expect(new Set(peaks.map((peak) => Math.round(peak * 50))).size).toBeGreaterThan(8);
    const seconds = async (): Promise<number> => Number(await slider.getAttribute('aria-valuenow'));
    const whole = Number(await slider.getAttribute('aria-valuemax'));
    expect(whole).toBe(Math.round((file.summary?.durationMs ?? 0) / 1000));
    await slider.focus();
    await studio.page.keyboard.press('ArrowRight');
    await until(seconds, (value) => expect(value).toBe(1));
    await until(
      () => reads<number>(`return root.querySelector('audio').currentTime;`),
      (value) => expect(value).toBeCloseTo(1, 2),
    );
    await studio.page.keyboard.press('End');
    await until(seconds, (value) => expect(value).toBe(whole));
    await studio.page.keyboard.press('Home');
    await until(seconds, (value) => expect(value).toBe(0));
    const box = await slider.boundingBox();
    await slider.click({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 } });
    await until(
      () => reads<number>(`const a = root.querySelector('audio'); return a.currentTime / a.duration;`),
      (value) => expect(value).toBeCloseTo(0.5, 1),
    );
    // Magnified, the same width shows a smaller part: the bars change, and a click moves by less.
    await studio.page.keyboard.press('+');
    await studio.page.keyboard.press('+');
    const bars = (): Promise<string> => reads(`return root.querySelector('[role=slider] svg path').getAttribute('d');`);
    await until(bars, (now) => expect(now).not.toBe(drawn));
    await slider.click({ position: { x: (box?.width ?? 0) - 14, y: (box?.height ?? 0) / 2 } });
    await until(
      () => reads<number>(`const a = root.querySelector('audio'); return a.currentTime / a.duration;`),
      (value) => {
        expect(value).toBeGreaterThan(0.55);
        expect(value).toBeLessThan(0.7);
      },
    );
    await studio.page.keyboard.press('0');
    await until(bars, (now) => expect(now).toBe(drawn));
  });

  test('row 33: sound that the window can not play itself is played from a labelled stand-in', async () => {
    await openLarge(LOSSLESS);
    await large().getByText('Preview made by pingplex: AAC, 128 kb/s').waitFor({ timeout: 60_000 });
    await until(
      () => reads<number>(`const a = root.querySelector('audio'); return a.readyState === 0 ? 0 : a.duration;`),
      (seconds) => expect(seconds).toBeCloseTo(3, 0),
    );
    expect(
      await large()
        .getByRole('slider', { name: /^Sound Lossless/ })
        .count(),
    ).toBe(1);
  });
});
