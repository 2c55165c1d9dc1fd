import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { transcode } from '../../src/engine/binaries/transcode.ts';
import { runJob } from '../../src/engine/jobs.ts';
import { context, tempFolder } from './helpers/context.ts';
import { HEIGHT, WIDTH, wave } from './helpers/media.ts';

const dir = await tempFolder();
const temp = (name: string) => ({ dir, stem: `.pingplex-${name}` });

/** Two seconds that get lighter with every frame. */
async function makeFade(): Promise<string> {
  const frames = Buffer.concat(Array.from({ length: 20 }, (_, n) => Buffer.alloc(WIDTH * HEIGHT * 3, 12 * n)));
  const gif = join(dir, 'fade.gif');
  await sharp(frames, { raw: { width: WIDTH, height: HEIGHT * 20, channels: 3, pageHeight: HEIGHT } })
    .gif({ delay: Array(20).fill(100) })
    .toFile(gif);
  const film = join(dir, 'fade.mp4');
  const video = { filter: 'fps=10,format=yuv420p', encoder: 'libx264' };
  await transcode({ input: gif, output: film, container: 'mp4', video }, context());
  return film;
}

/** A sine of 997 Hz on both channels, 16 bits, 48 kHz. @param peak its greatest sample, 0–1 */
function sine(seconds: number, peak: number): Buffer {
  const head = Buffer.from(wave(0.001).subarray(0, 44));
  const count = seconds * 48_000;
  head.writeUInt32LE(36 + count * 4, 4);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(192_000, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt32LE(count * 4, 40);
  const data = Buffer.alloc(count * 4);
  for (let n = 0; n < count; n += 1) {
    const value = Math.round(Math.sin((2 * Math.PI * 997 * n) / 48_000) * peak * 32_767);
    data.writeInt16LE(value, n * 4);
    data.writeInt16LE(value, n * 4 + 2);
  }
  return Buffer.concat([head, data]);
}

it('row 32: a strip shows the film from its beginning to its end, one picture for each equal part', async () => {
  const film = await makeFade();
  const made = await runJob({ verb: 'thumbnail', path: film, size: 48, frames: 8, temp: temp('strip') }, context());
  expect([made.width, made.height]).toEqual([48 * 8, 32]);
  const { data, info } = await sharp(made.path).greyscale().raw().toBuffer({ resolveWithObject: true });
  const middles = Array.from({ length: 8 }, (_, n) => data[(16 * info.width + n * 48 + 24) * info.channels] ?? 0);
  expect(middles).toEqual([...middles].sort((a, b) => a - b));
  for (const [n, grey] of middles.entries()) expect(Math.abs(grey - 12 * Math.floor(((n + 0.5) * 20) / 8))).toBeLessThanOrEqual(18);
});

it('row 32: what is no film has no strip', async () => {
  const path = join(dir, 'tone.wav');
  await writeFile(path, wave());
  await expect(runJob({ verb: 'thumbnail', path, size: 48, frames: 8, temp: temp('none') }, context())).rejects.toMatchObject({
    code: 'engine.stepNotPossible',
  });
});

it('row 34: loudness is that of the standard: a stereo sine at -20 dB below full scale has -20 LUFS, half of it 6 less', async () => {
  const loudness = async (peak: number): Promise<number | undefined> => {
    const path = join(dir, `sine-${peak}.wav`);
    await writeFile(path, sine(3, peak));
    return (await runJob({ verb: 'waveform', path, peaks: 16, loudness: true }, context())).loudnessLufs;
  };
  expect(await loudness(0.1)).toBeCloseTo(-20, 0);
  expect(((await loudness(0.1)) ?? 0) - ((await loudness(0.05)) ?? 0)).toBeCloseTo(6.02, 1);
  expect(await loudness(0)).toBeUndefined();
});
