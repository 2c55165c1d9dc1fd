import { clamp, createRandom, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { blendPixel, type Picture, type Rgb, shadePicture } from '../picture.ts';

function addPine(picture: Picture, x: number, base: number, tall: number, color: Rgb, random: () => number): void {
  const tiers = 9 + Math.floor(random() * 5);
  const lean = (random() - 0.5) * 0.04;
  for (let row = 0; row < tall; row += 1) {
    const share = row / tall;
    const tier = (share * tiers) % 1;
    const half = tall * 0.19 * share ** 0.85 * (0.45 + 0.62 * tier) * (0.86 + 0.28 * random());
    const y = Math.round(base - tall + row);
    const centre = x + lean * (tall - row);
    for (let px = Math.floor(centre - half - 1); px <= centre + half + 1; px += 1) {
      const cover = clamp(half - Math.abs(px - centre) + 0.5) * (random() < 0.9 ? 1 : 0.45);
      blendPixel(picture, px, y, color, cover);
    }
  }
}

/** Rows of pines that sink into morning fog. */
export function forestFog(width: number, height: number): Picture {
  const mist = fractalField(512, { seed: 61, cells: 4, octaves: 7 });
  const picture = shadePicture(width, height, (x, y, out) => {
    const v = y / height;
    const glow = Math.exp(-(((x / width - 0.66) / 0.28) ** 2) - ((v - 0.2) / 0.26) ** 2);
    const haze = 0.92 + 0.14 * sampleField(mist, (x / width) * 200, v * 120);
    out[0] = (mix(0.42, 0.62, v) + glow * 0.75) * haze;
    out[1] = (mix(0.48, 0.62, v) + glow * 0.5) * haze;
    out[2] = (mix(0.54, 0.6, v) + glow * 0.22) * haze;
  });
  const random = createRandom(404);
  const layers = 8;
  for (let layer = 0; layer < layers; layer += 1) {
    const near = layer / (layers - 1);
    const level = height * mix(0.36, 1.04, near ** 1.15);
    const tall = height * mix(0.07, 0.52, near ** 1.5);
    const color: Rgb = [mix(0.38, 0.008, near ** 0.6), mix(0.43, 0.02, near ** 0.6), mix(0.46, 0.018, near ** 0.6)];
    const line = (x: number): number =>
      level + sampleField(mist, (x / width) * 240 + layer * 61, layer * 40) * height * mix(0.09, 0.05, near);
    const gap = tall * 0.17;
    for (let x = -tall * 0.2; x < width + tall * 0.2; x += gap * (0.45 + random() * 1.1)) {
      const clearing = near > 0.55 && Math.abs(x / width - 0.6) < 0.16 * near ? 0.45 : 1;
      addPine(picture, x, line(x) + 6, tall * clearing * (0.55 + random() * 0.6), color, random);
    }
    for (let x = 0; x < width; x += 1) {
      const top = Math.round(line(x));
      const end = Math.min(height, Math.round(level + height * 0.22));
      for (let y = Math.max(0, top); y < end; y += 1) blendPixel(picture, x, y, color, 1);
      // Fog lies in the hollow in front of the row and thins out upwards.
      for (let y = Math.max(0, top - Math.round(tall * 0.75)); y < end; y += 1) {
        const wisp = smooth(-0.5, 0.6, sampleField(mist, (x / width) * 330 + layer * 90, (y / height) * 500));
        const amount = smooth(top - tall * 0.75, top + tall * 0.12, y) * (0.92 - near * 0.72) * (0.35 + 0.75 * wisp);
        blendPixel(picture, x, y, [0.6, 0.6, 0.59], clamp(amount, 0, 0.95));
      }
    }
  }
  return picture;
}
