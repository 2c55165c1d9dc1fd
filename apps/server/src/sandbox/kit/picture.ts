import { createHash } from 'node:crypto';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';

export type PictureFormat = 'png' | 'jpeg' | 'webp';
export type PictureOrder = {
  width: number;
  height: number;
  format: PictureFormat;
  compression: number;
  transparent: boolean;
  prompt: string;
  /** Which of the `n` pictures: each is another one. */
  index: number;
};

/** A new picture made of shapes that follow from the prompt alone, so that the same order always gives the same bytes. */
export async function draw(order: PictureOrder): Promise<Buffer> {
  const { width, height } = order;
  const random = numbersFrom(`${order.prompt}#${order.index}`);
  const hue = Math.floor(random() * 360);
  const shapes = Array.from({ length: 14 }, () => {
    const colour = `hsl(${(hue + random() * 140) % 360} ${40 + random() * 40}% ${30 + random() * 45}%)`;
    const opacity = (0.35 + random() * 0.4).toFixed(2);
    const [x, y, size] = [random() * width, random() * height, (0.06 + random() * 0.22) * Math.min(width, height)];
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${colour}" opacity="${opacity}"/>`
      : `<rect x="${x - size}" y="${y - size / 2}" width="${size * 2}" height="${size}" rx="${size / 6}" fill="${colour}" opacity="${opacity}"
           transform="rotate(${random() * 180} ${x} ${y})"/>`;
  });
  const sky = `<linearGradient id="g" x1="0" y1="0" x2="${random()}" y2="1"><stop offset="0" stop-color="hsl(${hue} 55% 62%)"/>
    <stop offset="1" stop-color="hsl(${(hue + 60) % 360} 50% 28%)"/></linearGradient>`;
  const ground = order.transparent ? '' : '<rect width="100%" height="100%" fill="url(#g)"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs>${sky}</defs>${ground}${shapes.join('')}</svg>`;
  return finish(sharp(Buffer.from(svg)), order);
}

/** The source visibly changed (turned hue, more contrast, a soft vignette), inside the mask's transparent part when there is one. */
export async function edit(order: PictureOrder, sources: readonly Buffer[], mask: Buffer | null): Promise<Buffer> {
  const { width, height } = order;
  const random = numbersFrom(`${order.prompt}#${order.index}`);
  const [first] = sources;
  if (!first) throw new RangeError('an edit needs a source');
  const fitted = () => sharp(first).rotate().resize(width, height, { fit: 'cover' });
  const changed = await fitted()
    .modulate({ hue: 40 + Math.floor(random() * 280), saturation: 1.25, brightness: 1.04 })
    .linear(1.12, -12)
    .png()
    .toBuffer();
  const layers: OverlayOptions[] = [];
  // Further references are shown as small insets: one can see that they arrived.
  for (const [i, reference] of sources.slice(1, 5).entries()) {
    const side = Math.round(Math.min(width, height) / 6);
    const inset = await sharp(reference).rotate().resize(side, side, { fit: 'cover' }).png().toBuffer();
    layers.push({ input: inset, left: Math.round(side * 0.2), top: Math.round(side * (0.2 + i * 1.1)) });
  }
  if (!mask) return finish(sharp(changed).composite(layers), order);
  // Transparent in the mask means "change here": keep the source where the mask is opaque.
  const keep = await sharp(mask).ensureAlpha().resize(width, height, { fit: 'fill' }).extractChannel('alpha').toBuffer();
  const kept = await fitted().removeAlpha().joinChannel(keep).png().toBuffer();
  return finish(sharp(changed).composite([{ input: kept }, ...layers]), order);
}

async function finish(image: Sharp, order: PictureOrder): Promise<Buffer> {
  const base = await image.png().toBuffer();
  const labelled = sharp(base).composite([{ input: label(order) }]);
  if (order.format === 'jpeg') return labelled.flatten({ background: '#ffffff' }).jpeg({ quality: order.compression }).toBuffer();
  if (order.format === 'webp') return labelled.webp({ quality: order.compression }).toBuffer();
  return (order.transparent ? labelled : labelled.flatten({ background: '#ffffff' })).png().toBuffer();
}

/** Strokes of the letters that spell SANDBOX on a 4×6 grid: drawn as lines, because the machine may have no fonts. */
const LETTERS: Readonly<Record<string, string>> = {
  S: 'M4 0H0V3H4V6H0',
  A: 'M0 6V0H4V6M0 3H4',
  N: 'M0 6V0L4 6V0',
  D: 'M0 0V6H2L4 4V2L2 0Z',
  B: 'M0 0V6H4V3H0M0 0H3V3',
  O: 'M0 0H4V6H0Z',
  X: 'M0 0L4 6M4 0L0 6',
};

function label({ width, height }: PictureOrder): Buffer {
  const unit = width / 70;
  const letters = [...'SANDBOX'].map((letter, i) => `<path d="${LETTERS[letter] ?? ''}" transform="translate(${i * 6 + 3} 3)"/>`).join('');
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <g transform="translate(${width - unit * 48} ${height - unit * 15}) scale(${unit})">
      <rect width="46" height="12" rx="2" fill="#101418" opacity="0.72"/>
      <g fill="none" stroke="#ffffff" stroke-width="0.9" stroke-linejoin="round" stroke-linecap="round">${letters}</g>
    </g></svg>`);
}

/** Numbers in [0, 1) that follow from a text (SHA-256 in counter mode). */
function numbersFrom(text: string): () => number {
  let block = 0;
  let pool: Buffer = Buffer.alloc(0);
  return () => {
    if (pool.length < 4) {
      pool = createHash('sha256').update(`${block}:${text}`).digest();
      block += 1;
    }
    const value = pool.readUInt32BE(0) / 2 ** 32;
    pool = pool.subarray(4);
    return value;
  };
}
