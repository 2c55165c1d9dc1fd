import { clamp, createRandom } from './noise.ts';

/** Linear-light RGB picture; values above 1 are brighter than paper white. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Red, green, blue in linear light. */
export type Rgb = readonly [number, number, number];

export function createPicture(width: number, height: number): Picture {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** Fills a picture pixel by pixel; `shade` writes linear RGB to `out`. */
export function shadePicture(width: number, height: number, shade: (x: number, y: number, out: Float32Array) => void): Picture {
  const picture = createPicture(width, height);
  const out = new Float32Array(3);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      shade(x, y, out);
      picture.data[at] = out[0] as number;
      picture.data[at + 1] = out[1] as number;
      picture.data[at + 2] = out[2] as number;
      at += 3;
    }
  }
  return picture;
}

/** Blends `color` over a pixel; outside the picture nothing happens. */
export function blendPixel(picture: Picture, x: number, y: number, color: Rgb, alpha: number): void {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height || alpha <= 0) return;
  const at = (y * picture.width + x) * 3;
  for (let c = 0; c < 3; c += 1) picture.data[at + c] = (picture.data[at + c] as number) * (1 - alpha) + (color[c] as number) * alpha;
}

/** Adds light to a pixel. */
export function addLight(picture: Picture, x: number, y: number, color: Rgb, amount: number): void {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return;
  const at = (y * picture.width + x) * 3;
  for (let c = 0; c < 3; c += 1) picture.data[at + c] = (picture.data[at + c] as number) + (color[c] as number) * amount;
}

/** Adds a round glow that falls off to zero at `radius` pixels. */
export function addGlow(picture: Picture, cx: number, cy: number, radius: number, color: Rgb, amount: number): void {
  const x1 = Math.ceil(cx + radius);
  const y1 = Math.ceil(cy + radius);
  for (let y = Math.floor(cy - radius); y <= y1; y += 1) {
    for (let x = Math.floor(cx - radius); x <= x1; x += 1) {
      const distance = Math.hypot(x - cx, y - cy) / radius;
      if (distance < 1) addLight(picture, x, y, color, amount * (1 - distance) ** 2);
    }
  }
}

/** Adds an out-of-focus light: a disc with a slightly brighter rim, as a lens draws it. */
export function addBokeh(picture: Picture, cx: number, cy: number, radius: number, color: Rgb, amount: number): void {
  const edge = Math.max(1, radius * 0.06);
  const x1 = Math.ceil(cx + radius + edge);
  const y1 = Math.ceil(cy + radius + edge);
  for (let y = Math.floor(cy - radius - edge); y <= y1; y += 1) {
    for (let x = Math.floor(cx - radius - edge); x <= x1; x += 1) {
      const distance = Math.hypot(x - cx, y - cy);
      const cover = clamp((radius - distance) / edge + 0.5);
      if (cover > 0) addLight(picture, x, y, color, amount * cover * (0.65 + 0.5 * (distance / radius) ** 6));
    }
  }
}

function boxPass(
  source: Float32Array,
  target: Float32Array,
  count: number,
  lines: number,
  step: number,
  lineStep: number,
  radius: number,
): void {
  const scale = 1 / (2 * radius + 1);
  for (let line = 0; line < lines; line += 1) {
    for (let c = 0; c < 3; c += 1) {
      const base = line * lineStep + c;
      const last = base + (count - 1) * step;
      let sum = (source[base] as number) * (radius + 1);
      for (let i = 1; i <= radius; i += 1) sum += source[base + Math.min(i, count - 1) * step] as number;
      for (let i = 0; i < count; i += 1) {
        target[base + i * step] = sum * scale;
        const enter = i + radius + 1 < count ? base + (i + radius + 1) * step : last;
        const leave = i - radius > 0 ? base + (i - radius) * step : base;
        sum += (source[enter] as number) - (source[leave] as number);
      }
    }
  }
}

/** Blurs in place with two box passes each way, close to a Gaussian of the same radius (pixels). */
export function blurPicture(picture: Picture, radius: number): void {
  const { width, height, data } = picture;
  const size = Math.max(1, Math.round(radius));
  const other = new Float32Array(data.length);
  for (let pass = 0; pass < 2; pass += 1) {
    boxPass(data, other, width, height, 3, width * 3, size);
    boxPass(other, data, height, width, width * 3, 3, size);
  }
}

export interface DevelopOptions {
  /** Stops of exposure. */
  readonly exposure?: number;
  /** Standard deviation of the film grain in 8-bit steps. */
  readonly grain?: number;
  /** Darkening of the corners, 0 to 1. */
  readonly vignette?: number;
  readonly saturation?: number;
  readonly seed?: number;
}

const CURVE_SIZE = 32_768;
/** Largest linear value that the tone curve tells apart. */
const CURVE_LIMIT = 8;
const GRAIN_SIZE = 65_536;

/** Filmic curve (Narkowicz, 2016, fit of ACES) followed by the sRGB transfer, as a table. */
function toneCurve(): Float32Array {
  const table = new Float32Array(CURVE_SIZE + 1);
  for (let i = 0; i <= CURVE_SIZE; i += 1) {
    const x = (i / CURVE_SIZE) * CURVE_LIMIT;
    const film = clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
    table[i] = film <= 0.0031308 ? film * 12.92 : 1.055 * film ** (1 / 2.4) - 0.055;
  }
  return table;
}

/** Triangular noise around 0 with standard deviation 1. */
function grainTable(): Float32Array {
  const random = createRandom(7);
  return Float32Array.from({ length: GRAIN_SIZE }, () => (random() + random() - 1) * 2.45);
}
const CURVE = toneCurve();
const GRAIN = grainTable();

/** The pixel loop behind `develop` and `developDeep`; it meets every pixel of every frame, so it only adds, multiplies and looks up. */
function developInto<T extends Uint8Array | Uint16Array>(picture: Picture, options: DevelopOptions, target: T, white: number): T {
  const { width, height, data } = picture;
  const { exposure = 0, grain = 2.2, vignette = 0.25, saturation = 1.08, seed = 7 } = options;
  const random = createRandom(seed);
  const toIndex = (2 ** exposure * CURVE_SIZE) / CURVE_LIMIT;
  const sigma = grain / 255;
  const diagonal = vignette / (width * width + height * height);
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    const oy = (2 * y - height) ** 2;
    let speckAt = Math.floor(random() * GRAIN_SIZE);
    for (let x = 0; x < width; x += 1) {
      const ox = 2 * x - width;
      const fall = toIndex * (1 - diagonal * (ox * ox + oy));
      const r = (data[at] as number) * fall;
      const g = (data[at + 1] as number) * fall;
      const b = (data[at + 2] as number) * fall;
      const grey = (0.2126 * r + 0.7152 * g + 0.0722 * b) * (1 - saturation);
      speckAt = (speckAt + 1) & (GRAIN_SIZE - 1);
      const speck = (GRAIN[speckAt] as number) * sigma;
      for (let c = 0; c < 3; c += 1) {
        const value = grey + (c === 0 ? r : c === 1 ? g : b) * saturation;
        const tone = CURVE[value <= 0 ? 0 : value >= CURVE_SIZE ? CURVE_SIZE : value | 0] as number;
        const grained = tone + speck * (0.45 + 1.1 * tone * (1 - tone));
        target[at + c] = grained <= 0 ? 0 : grained >= 1 ? white : (grained * white + 0.5) | 0;
      }
      at += 3;
    }
  }
  return target;
}

/** Develops to 8-bit sRGB: exposure, vignette, film curve, grain. */
export function develop(picture: Picture, options: DevelopOptions = {}): Uint8Array {
  return developInto(picture, options, new Uint8Array(picture.data.length), 255);
}

/** The same at 16 bits a channel. */
export function developDeep(picture: Picture, options: DevelopOptions = {}): Uint16Array {
  return developInto(picture, options, new Uint16Array(picture.data.length), 65_535);
}
