import sharp from 'sharp';
import { type Luma, type Pixels, sampleLuma } from '../measure/luma.ts';
import type { Geometry } from './picture-plan.ts';

/** A turned and enlarged picture, and where in it the variant's pixels begin. The variant has the source's size. */
export type Placed = {
  readonly pixels: Pixels;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

type Placement = {
  readonly sin: number;
  readonly cos: number;
  readonly sx: number;
  readonly sy: number;
  readonly ox: number;
  readonly oy: number;
};

/** Pixels kept clear of the turned edge, where the resampling mixes in the background. */
const MARGIN = 2;

/**
 * Turns relative figures into a mapping for one size: scales, angle, and the shift of the cut's centre from the picture's centre.
 * The scale is never smaller than what keeps the corners of a turned picture out of sight.
 */
function place(geometry: Geometry, width: number, height: number): Placement {
  // A long narrow picture would have to grow a lot to be turned: its angle shrinks with its shape.
  const shape = Math.max(width / height, height / width);
  const angle = ((geometry.rotate / Math.max(1, shape / 2)) * Math.PI) / 180;
  const sin = Math.sin(angle);
  const cos = Math.cos(angle);
  const cover = cos + shape * Math.abs(sin);
  const grown = cover * (1 + geometry.zoom);
  const sx = grown * (1 + Math.max(0, geometry.stretch));
  const sy = grown * (1 + Math.max(0, -geometry.stretch));
  const room = (has: number, needs: number) => Math.max(0, (has - needs) / 2 - MARGIN);
  const u = geometry.offsetX * room(sx * width, width * cos + height * Math.abs(sin));
  const v = geometry.offsetY * room(sy * height, width * Math.abs(sin) + height * cos);
  return { sin, cos, sx, sy, ox: cos * u - sin * v, oy: sin * u + cos * v };
}

/** The geometry on a small grey picture, for trying out how far it moves the hashes. Nothing is encoded. */
export function tryGeometry(luma: Luma, geometry: Geometry): Luma {
  const { width, height } = luma;
  const { sin, cos, sx, sy, ox, oy } = place(geometry, width, height);
  return sampleLuma(luma, width, height, (x, y) => {
    const px = x + 0.5 - width / 2 + ox;
    const py = y + 0.5 - height / 2 + oy;
    const qx = (cos * px + sin * py) / sx + width / 2 - 0.5;
    return [geometry.mirror ? width - 1 - qx : qx, (cos * py - sin * px) / sy + height / 2 - 0.5];
  });
}

/** The geometry on the full picture: one affine resampling, bicubic. */
export async function applyGeometry(pixels: Pixels, geometry: Geometry): Promise<Placed> {
  const { width, height, channels, data } = pixels;
  const { sin, cos, sx, sy, ox, oy } = place(geometry, width, height);
  const { data: out, info } = await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .flop(geometry.mirror)
    .affine([cos * sx, -sin * sy, sin * sx, cos * sy], {
      interpolator: 'bicubic',
      // A transparent background would add a channel to a picture that has none.
      background: channels === 4 ? { r: 0, g: 0, b: 0, alpha: 0 } : '#000',
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== channels) throw new RangeError(`${channels} channels became ${info.channels}`);
  const clamp = (at: number, most: number) => Math.max(0, Math.min(most, Math.round(at)));
  return {
    pixels: { width: info.width, height: info.height, channels, data: out },
    left: clamp(info.width / 2 + ox - width / 2, info.width - width),
    top: clamp(info.height / 2 + oy - height / 2, info.height - height),
    width,
    height,
  };
}
