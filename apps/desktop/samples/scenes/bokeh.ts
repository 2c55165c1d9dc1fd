import { clamp, createRandom, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { addBokeh, blendPixel, blurPicture, type Picture, type Rgb, shadePicture } from '../picture.ts';

const EVENING: readonly Rgb[] = [
  [1.0, 0.5, 0.14],
  [1.0, 0.68, 0.3],
  [0.95, 0.22, 0.12],
  [0.25, 0.5, 0.95],
  [0.9, 0.3, 0.6],
];

/** Smooth union of two distances (polynomial, Quilez). */
function melt(a: number, b: number, width: number): number {
  const h = clamp(0.5 + (0.5 * (b - a)) / width);
  return mix(b, a, h) - width * h * (1 - h);
}

/** Head, hair and shoulders seen from behind against evening lights, with a warm rim. */
export function eveningPortrait(width: number, height: number): Picture {
  const noise = fractalField(512, { seed: 37, cells: 8, octaves: 7, gain: 0.55 });
  const picture = shadePicture(width, height, (x, y, out) => {
    const v = y / height;
    const cloud = sampleField(noise, (x / width) * 60, v * 60);
    out[0] = mix(0.03, 0.1, v) * (1 + cloud * 0.5);
    out[1] = mix(0.032, 0.05, v) * (1 + cloud * 0.5);
    out[2] = mix(0.085, 0.06, v) * (1 + cloud * 0.5);
  });
  const random = createRandom(66);
  for (let i = 0; i < 95; i += 1) {
    const near = random();
    const color = EVENING[Math.floor(random() ** 1.6 * 5)] as Rgb;
    addBokeh(
      picture,
      random() * width,
      height * (0.12 + 0.75 * random()),
      width * (0.012 + 0.035 * near),
      color,
      0.1 + 0.4 * random() ** 2,
    );
  }
  const cx = width * 0.5;
  const unit = width * 0.2;
  const head = height * 0.42;
  const strand = (x: number, y: number): number => sampleField(noise, (x / width) * 900, (y / width) * 130);
  // Signed distance in units of the head radius: a union of hair, neck and shoulders, below 0 inside.
  const body = (x: number, y: number): number => {
    const px = (x - cx) / unit;
    const py = (y - head) / unit;
    const skull = Math.hypot(px / 0.93, (py + 0.1) / 1.12) - 1;
    const curl = 0.07 * Math.sin(py * 5 + px * 3) + 0.05 * sampleField(noise, px * 90 + 200, py * 70);
    const hair = Math.hypot(px / (0.98 + 0.1 * py), (py - 0.6) / 1.6) - 1 + curl;
    const shoulder = Math.max(Math.abs(px) - 2.25 - 0.2 * py, 1.62 + 0.28 * px * px * (Math.abs(px) < 2.4 ? 0.62 : 1) - py);
    return melt(melt(skull + curl * 0.4, hair, 0.3), shoulder, 0.12);
  };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const distance = body(x, y);
      if (distance > 0.03) continue;
      const px = (x - cx) / unit;
      const py = (y - head) / unit;
      const cloth = smooth(1.55, 2.0, py + Math.abs(px) * 0.12 - (Math.abs(px) < 1.1 ? 0.55 : 0));
      const line = strand(x + px * 20 * Math.sin(py * 2), y);
      const rim = Math.exp(distance * 9) * (0.55 + 0.5 * smooth(-0.2, 1, px)) + Math.exp(distance * 30) * 0.6;
      const sheen = Math.exp(-(((py + 0.35) / 0.28) ** 2)) * 0.12 * (0.5 + line);
      const weave = 0.8 + 0.5 * sampleField(noise, x * 1.9, y * 1.9);
      const hair: Rgb = [
        0.022 + 0.02 * line + sheen * 0.8 + rim * 0.62 * (0.75 + line * 0.9),
        0.012 + 0.011 * line + sheen * 0.42 + rim * 0.26 * (0.75 + line * 0.9),
        0.008 + 0.006 * line + sheen * 0.22 + rim * 0.08 * (0.75 + line * 0.9),
      ];
      const coat: Rgb = [0.035 * weave + rim * 0.34, 0.05 * weave + rim * 0.17, 0.075 * weave + rim * 0.08];
      const color: Rgb = [mix(hair[0], coat[0], cloth), mix(hair[1], coat[1], cloth), mix(hair[2], coat[2], cloth)];
      blendPixel(picture, x, y, color, clamp(0.5 - distance * unit * 0.55));
    }
  }
  return picture;
}

function addPoppy(
  picture: Picture,
  cx: number,
  cy: number,
  radius: number,
  color: Rgb,
  seed: number,
  crease: (a: number, r: number) => number,
): void {
  const petals = 5;
  const turn = seed % 7;
  for (let y = Math.floor(-radius * 1.1); y <= radius * 1.1; y += 1) {
    for (let x = Math.floor(-radius * 1.1); x <= radius * 1.1; x += 1) {
      const py = y / (radius * 0.86);
      const px = x / radius;
      const angle = Math.atan2(py, px) + turn;
      const reach = Math.hypot(px, py);
      const petal = Math.abs(Math.sin((angle * petals) / 2));
      const edge = 0.72 + 0.24 * petal ** 0.5 + 0.035 * Math.sin(angle * 17 + seed) + 0.02 * Math.sin(angle * 31);
      if (reach > edge) continue;
      const fold = crease(angle, reach);
      const heart = smooth(0.3, 0.2, reach + 0.03 * Math.sin(angle * 13));
      const light = (0.45 + 0.75 * reach) * (0.78 + 0.34 * petal) * (1 + fold) * (1.05 - 0.3 * py);
      const dot = smooth(0.12, 0.1, Math.abs(reach - 0.19)) * Math.max(0, Math.sin(angle * 23)) * 0.5 * heart;
      const tone: Rgb = [
        mix(color[0] * light, 0.02, heart) + dot * 0.8,
        mix(color[1] * light, 0.015, heart) + dot * 0.6,
        mix(color[2] * light, 0.02, heart) + dot * 0.1,
      ];
      blendPixel(picture, Math.round(cx + x), Math.round(cy + y), tone, clamp((edge - reach) * radius));
    }
  }
}

function addStem(picture: Picture, x0: number, y0: number, length: number, thick: number, color: Rgb, bend: number): void {
  for (let step = 0; step < length; step += 1) {
    const share = step / length;
    const centre = x0 + bend * share * share;
    for (let dx = -Math.ceil(thick); dx <= thick; dx += 1) {
      const side = dx / thick;
      const light = 1.25 - 0.7 * side;
      blendPixel(
        picture,
        Math.round(centre + dx),
        Math.round(y0 + step),
        [color[0] * light, color[1] * light, color[2] * light],
        clamp(thick - Math.abs(dx) + 0.5),
      );
    }
  }
}

/** A meadow of poppies: blurred behind, sharp in the middle. */
export function poppyMeadow(width: number, height: number): Picture {
  const noise = fractalField(512, { seed: 47, cells: 8, octaves: 7, gain: 0.55 });
  const crease = (angle: number, reach: number): number =>
    0.3 * sampleField(noise, angle * 60, reach * 14) + 0.12 * Math.sin(angle * 46 + reach * 3);
  const random = createRandom(515);
  const picture = shadePicture(width, height, (x, y, out) => {
    const v = y / height;
    const patch = sampleField(noise, (x / width) * 140, v * 90);
    const sky = smooth(0.3, 0.05, v + patch * 0.05);
    out[0] = mix(0.12 + 0.09 * patch, 0.72, sky);
    out[1] = mix(0.24 + 0.13 * patch, 0.8, sky);
    out[2] = mix(0.045 + 0.03 * patch, 0.82, sky);
  });
  const reds: readonly Rgb[] = [
    [0.85, 0.06, 0.02],
    [0.95, 0.12, 0.03],
    [0.7, 0.03, 0.03],
  ];
  for (let layer = 0; layer < 4; layer += 1) {
    const near = layer / 3;
    const count = [70, 34, 15, 4][layer] as number;
    const blur = width * ([0.011, 0.0075, 0.003, 0] as const)[layer as 0 | 1 | 2 | 3];
    for (let blade = 0; blade < 160 - layer * 10; blade += 1) {
      const tone = 0.4 + random() * 0.9;
      const color: Rgb = [0.075 * tone, 0.19 * tone, 0.025 * tone];
      addStem(
        picture,
        random() * width,
        height * mix(0.36, 0.5, near) + random() * height * 0.5,
        height * 0.6,
        width * mix(0.0012, 0.0022, near),
        color,
        (random() - 0.5) * width * 0.16,
      );
    }
    for (let i = 0; i < count; i += 1) {
      const radius = width * mix(0.014, 0.115, near ** 1.6) * (0.75 + random() * 0.4);
      const spread = layer === 3 ? ([0.3, 0.68, 0.9, 0.08] as const)[i as 0 | 1 | 2 | 3] : random();
      const level = layer === 3 ? ([0.46, 0.62, 0.3, 0.74] as const)[i as 0 | 1 | 2 | 3] : mix(0.34, 0.6, near) + random() * 0.36;
      addStem(
        picture,
        spread * width,
        level * height,
        height,
        Math.max(1, radius * 0.045),
        [0.08, 0.18, 0.04],
        (random() - 0.5) * width * 0.08,
      );
      addPoppy(picture, spread * width, level * height, radius, reds[Math.floor(random() * 3)] as Rgb, i * 3 + layer, crease);
    }
    if (blur >= 1) {
      blurPicture(picture, blur);
      if (layer === 1)
        for (let i = 0; i < 26; i += 1)
          addBokeh(picture, random() * width, random() * height * 0.5, width * (0.008 + random() * 0.016), [0.9, 0.95, 0.6], 0.09);
    }
  }
  return picture;
}
