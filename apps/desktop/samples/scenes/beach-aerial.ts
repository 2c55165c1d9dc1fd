import { createRandom, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { addLight, blendPixel, type Picture, type Rgb, shadePicture } from '../picture.ts';

const UMBRELLAS: readonly Rgb[] = [
  [0.8, 0.06, 0.05],
  [0.9, 0.85, 0.78],
  [0.05, 0.35, 0.6],
  [0.95, 0.55, 0.06],
];

function addUmbrella(picture: Picture, cx: number, cy: number, radius: number, color: Rgb): void {
  for (let y = -radius * 3; y <= radius * 3; y += 1) {
    for (let x = -radius * 3; x <= radius * 3; x += 1) {
      const shade = Math.hypot(x - radius * 1.1, y - radius * 0.7) / radius;
      blendPixel(picture, Math.round(cx + x), Math.round(cy + y), [0.09, 0.075, 0.07], 0.6 * smooth(1.1, 0.95, shade));
    }
  }
  for (let y = -radius - 1; y <= radius + 1; y += 1) {
    for (let x = -radius - 1; x <= radius + 1; x += 1) {
      const distance = Math.hypot(x, y) / radius;
      const rib = Math.floor(((Math.atan2(y, x) + Math.PI) / (Math.PI * 2)) * 8) % 2;
      const light = (rib === 0 ? 1 : 0.55) * (1.05 - 0.35 * ((x + y) / radius) * 0.5);
      const tone: Rgb = rib === 0 ? color : [0.85, 0.82, 0.76];
      blendPixel(
        picture,
        Math.round(cx + x),
        Math.round(cy + y),
        [tone[0] * light, tone[1] * light, tone[2] * light],
        smooth(1.04, 0.94, distance),
      );
    }
  }
}

/** A shore from straight above: sand, foam and shallow water, with umbrellas. `time` in seconds moves the surf. */
export function beachAerial(width: number, height: number, time = 0): Picture {
  const shape = fractalField(512, { seed: 3, cells: 3, octaves: 6 });
  const fine = fractalField(512, { seed: 8, cells: 16, octaves: 6, gain: 0.6 });
  const unit = 1000 / width;
  const shore = (px: number, py: number): number => px * 0.82 + py * 0.35 - 560 + sampleField(shape, px * 0.3, py * 0.3) * 150;
  const picture = shadePicture(width, height, (x, y, out) => {
    const px = x * unit;
    const py = y * unit;
    const depth = shore(px, py) + 14 * Math.sin(time * 1.2) + sampleField(fine, px * 0.9, py * 0.9) * 10;
    const grain = sampleField(fine, px * 4, py * 4);
    const grit = sampleField(fine, x * 1.31, y * 1.31);
    if (depth < 0) {
      const wet = smooth(-70, -6, depth + grain * 6);
      const light = 1 + grain * 0.1 + grit * 0.12 + 0.12 * sampleField(shape, px * 1.5, py * 1.5);
      out[0] = mix(0.74, 0.36, wet) * light;
      out[1] = mix(0.58, 0.27, wet) * light;
      out[2] = mix(0.4, 0.18, wet) * light;
    } else {
      const deep = smooth(0, 420, depth);
      const reef = smooth(0.1, 0.5, sampleField(shape, px * 0.9 + 200, py * 0.9 + 90)) * smooth(60, 200, depth) * 0.5;
      const web =
        1 - Math.abs(sampleField(fine, px * 0.8 + time * 4, py * 0.8) + sampleField(fine, px * 1.1, py * 1.1 + time * 5) * 0.6) * 2.2;
      const caustic = Math.max(0, web) ** 3 * 0.22 * (1 - deep);
      out[0] = (mix(0.34, 0.004, Math.sqrt(deep)) + caustic) * (1 - reef * 0.6);
      out[1] = (mix(0.62, 0.14, deep) + caustic) * (1 - reef * 0.5);
      out[2] = (mix(0.56, 0.3, deep) + caustic * 0.9) * (1 - reef * 0.35);
    }
    let foam = 0;
    for (let line = 0; line < 3; line += 1) {
      const at = 6 + line * 62 + 16 * Math.sin(time * 1.2 + line * 2) + sampleField(shape, px * 1.1, py * 1.1 + line * 130) * 26;
      const off = depth - at;
      const lace = smooth(-0.25, 0.35, sampleField(fine, px * 2.2 + line * 40, py * 2.2 - off * 0.3) + 0.2 - Math.max(0, off) * 0.02);
      foam = Math.max(foam, smooth(-5, 0, off) * smooth(46 - line * 8, 0, off) * lace * (1 - line * 0.22));
    }
    for (let c = 0; c < 3; c += 1) out[c] = mix(out[c] as number, 0.95 + grit * 0.05, foam);
  });
  const random = createRandom(77);
  for (let i = 0; i < 26; i += 1) {
    const px = 30 + random() * 520;
    const py = random() * ((1000 * height) / width);
    const depth = shore(px, py);
    if (depth < -120)
      addUmbrella(picture, px / unit, py / unit, Math.max(3, Math.round((9 + random() * 3) / unit)), UMBRELLAS[i % 4] as Rgb);
  }
  for (let i = 0; i < 500; i += 1) addLight(picture, Math.floor(random() * width), Math.floor(random() * height), [1, 1, 1], 0.05);
  return picture;
}
