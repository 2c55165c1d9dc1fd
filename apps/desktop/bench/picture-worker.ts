import { lumaOf } from '../src/engine/measure/luma.ts';
import { openPicture } from '../src/engine/measure/open-picture.ts';
import { noiseShare } from '../src/engine/unicalize/detail.ts';
import { Canvas, writtenFormat } from '../src/engine/unicalize/picture-encode.ts';
import { applyGeometry } from '../src/engine/unicalize/picture-geometry.ts';
import { paint } from '../src/engine/unicalize/picture-pass.ts';
import { drawGeometry, drawTone } from '../src/engine/unicalize/picture-plan.ts';
import { PICTURE_PRESETS } from '../src/engine/unicalize/presets.ts';
import { runUnicalize } from '../src/engine/unicalize/run-unicalize.ts';

/** What the benchmark asks a worker to do with a list of files. */
export type PictureTask = {
  readonly kind: 'chain' | 'measured';
  readonly files: readonly string[];
  readonly dir: string;
  readonly stem: string;
};

const ctx = { signal: new AbortController().signal, progress: () => undefined };

/** Decode, geometry, tone, noise, encode: what the peer's command line does. */
async function chain(path: string): Promise<void> {
  const picture = await openPicture(path);
  const share = noiseShare(lumaOf(picture.pixels));
  const placed = await applyGeometry(picture.pixels, drawGeometry(1, 1, 0, 'balanced', false));
  const tone = drawTone(1, 1, 'balanced', 1);
  const canvas = new Canvas(placed.width, placed.height, picture.pixels.channels, picture.icc);
  await paint(placed, { ...tone, noise: tone.noise * share }, canvas.pixels, ctx.signal);
  await canvas.encode(writtenFormat(picture.format), PICTURE_PRESETS.balanced.quality, picture.meta);
}

process.on('message', (task: PictureTask) => {
  void (async () => {
    for (const [i, path] of task.files.entries()) {
      if (task.kind === 'chain') await chain(path);
      else {
        const temp = { dir: task.dir, stem: `.pingplex-${task.stem}-${i}` };
        await runUnicalize({ path, temp, settings: { variants: 1, strength: 'balanced', seed: 1, mirror: false } }, ctx);
      }
    }
    process.send?.('done');
  })();
});
process.send?.('ready');
