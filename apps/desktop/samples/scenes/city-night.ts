import { clamp, createRandom, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { addGlow, addLight, blendPixel, type Picture, type Rgb, shadePicture } from '../picture.ts';

const LAMPS: readonly Rgb[] = [
  [1.0, 0.62, 0.25],
  [1.0, 0.8, 0.52],
  [0.75, 0.85, 1.0],
  [1.0, 0.35, 0.2],
  [0.3, 0.9, 0.8],
];

function addTower(picture: Picture, left: number, right: number, top: number, base: number, near: number, random: () => number): void {
  const body: Rgb = [mix(0.034, 0.006, near), mix(0.03, 0.007, near), mix(0.055, 0.013, near)];
  for (let y = Math.max(0, top); y < base; y += 1) {
    for (let x = left; x < right; x += 1) {
      const side = (x - left) / (right - left);
      const glow = 1 + 0.9 * smooth(0.75, 1, (y - top) / (base - top)) + 0.35 * side;
      blendPixel(picture, x, y, [body[0] * glow, body[1] * glow, body[2] * glow], 1);
    }
  }
  const cell = Math.max(3, Math.round((right - left) / (6 + Math.floor(random() * 7))));
  const floor = Math.max(3, Math.round(cell * (0.8 + random() * 0.7)));
  const lit = 0.22 + random() * 0.45;
  const tint = LAMPS[Math.floor(random() * 3)] as Rgb;
  const pane = Math.max(1, Math.round(cell * 0.55));
  const sash = Math.max(1, Math.round(floor * 0.55));
  for (let y = top + floor; y < base - sash; y += floor) {
    const office = random() < 0.09;
    for (let x = left + Math.ceil(cell * 0.4); x < right - pane; x += cell) {
      if (!office && random() > lit) continue;
      const power = 0.2 + random() ** 3 * 1.9;
      const warm = random() < 0.82 ? tint : (LAMPS[Math.floor(random() * 5)] as Rgb);
      for (let dy = 0; dy < sash; dy += 1)
        for (let dx = 0; dx < pane; dx += 1) addLight(picture, x + dx, y + dy, warm, power * mix(0.4, 0.8, near));
    }
  }
  if (random() < 0.3) {
    const mast = Math.round((left + right) / 2);
    const rise = Math.round((base - top) * 0.14);
    for (let y = top - rise; y < top; y += 1) blendPixel(picture, mast, y, body, 1);
    addGlow(picture, mast, top - rise, Math.max(3, cell), [1, 0.08, 0.05], 1.6);
  }
}

/** A skyline after dusk with its lights in the water. `time` in seconds moves the water. */
export function cityNight(width: number, height: number, time = 0): Picture {
  const noise = fractalField(512, { seed: 19, cells: 8, octaves: 6 });
  const shore = Math.round(height * 0.64);
  const picture = shadePicture(width, height, (x, y, out) => {
    const v = clamp(y / shore);
    const cloud = sampleField(noise, (x / width) * 150, v * 260) * 0.5 + 0.5;
    const glow = v ** 4 * (0.6 + 0.8 * cloud);
    out[0] = mix(0.008, 0.085, v * v) + glow * 0.24;
    out[1] = mix(0.012, 0.05, v * v) + glow * 0.115;
    out[2] = mix(0.042, 0.125, v * v) + glow * 0.075;
  });
  const random = createRandom(2026);
  for (let layer = 0; layer < 3; layer += 1) {
    const near = layer / 2;
    let x = -Math.round(width * 0.02);
    while (x < width) {
      const wide = Math.round(width * (0.018 + random() * 0.034) * mix(0.75, 1.15, near));
      const centre = Math.exp(-(((x / width - 0.56) / 0.24) ** 2));
      const tall = Math.round(height * (0.07 + random() * 0.17 + centre * random() * 0.3) * mix(1.12, 0.72, near));
      addTower(picture, x, x + wide, shore - tall, shore, near, random);
      x += wide + Math.round(random() * random() * width * 0.022);
    }
  }
  for (let x = width * 0.01; x < width; x += width * 0.0155) {
    const lamp = LAMPS[random() < 0.8 ? 0 : 1] as Rgb;
    addGlow(picture, x, shore - height * 0.012, width * 0.011, lamp, 0.85);
    addGlow(picture, x, shore - height * 0.012, width * 0.0025, [1, 0.95, 0.8], 2.5);
  }
  const wave = (x: number, y: number): number => {
    const depth = 1 / ((y - shore) / height + 0.02);
    return sampleField(noise, (x / width - 0.5) * depth * 22 + time * 5, depth * 30 + time * 11);
  };
  const { data } = picture;
  for (let y = shore; y < height; y += 1) {
    const down = (y - shore) / (height - shore);
    for (let x = 0; x < width; x += 1) {
      const ripple = wave(x, y);
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c += 1) data[at + c] = 0;
      // Waves smear a light into a pillar: the average of a column around the mirrored point.
      for (let tap = 0; tap < 6; tap += 1) {
        const reach = (tap - 2.5) * height * (0.008 + 0.05 * down) + ripple * height * (0.02 + 0.12 * down);
        const from = clamp(Math.round(2 * shore - y + reach), 0, shore - 1);
        const side = clamp(Math.round(x + ripple * width * 0.004), 0, width - 1);
        const source = (from * width + side) * 3;
        for (let c = 0; c < 3; c += 1) data[at + c] = (data[at + c] as number) + (data[source + c] as number) * (0.125 - 0.035 * down);
      }
      data[at] = (data[at] as number) * (1 + ripple * 0.5) + 0.004;
      data[at + 1] = (data[at + 1] as number) * (1 + ripple * 0.5) + 0.006;
      data[at + 2] = (data[at + 2] as number) * (1 + ripple * 0.5) + 0.014;
    }
  }
  return picture;
}
