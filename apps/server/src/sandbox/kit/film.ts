import sharp from 'sharp';
import { encodePicture, pictureParameters, sequenceParameters, type Yuv } from './h264.ts';
import { writeMp4 } from './mp4.ts';
import { draw, edit } from './picture.ts';

export type FilmOrder = {
  width: number;
  height: number;
  seconds: number;
  fps: number;
  prompt: string;
  /** The first frame that was given; without it the film shows a new picture that follows from the prompt. */
  first: Buffer | null;
  /** The frame to end with: the film's last half shows it. */
  last: Buffer | null;
};

/** Side of the moving mark. */
const MARK = 16;

/**
 * A film of exactly this size and length: the labelled picture with a mark that runs along the lower edge, so that one sees it play.
 * The same order always gives the same bytes.
 */
export async function film(order: FilmOrder): Promise<Buffer> {
  const [width, height] = [Math.ceil(order.width / 16) * 16, Math.ceil(order.height / 16) * 16];
  const count = Math.round(order.seconds * order.fps);
  const stills = [await still(order, order.first, width, height)];
  if (order.last) stills.push(await still(order, order.last, width, height));
  const pictures: Buffer[] = [];
  const keys: number[] = [];
  let shown = -1;
  let markAt = 0;
  for (let n = 0; n < count; n += 1) {
    const part = Math.min(stills.length - 1, Math.floor((n * stills.length) / count));
    const base = stills[part];
    if (!base) break;
    const step = Math.floor((n * Math.floor(width / MARK)) / count);
    // Another picture is a cut: a key picture of its own. In between only the mark moves.
    const isCut = part !== shown;
    const row = (height / MARK - 2) * (width / MARK);
    const changed = step === markAt ? new Set<number>() : new Set([row + markAt, row + step]);
    if (isCut) keys.push(n);
    pictures.push(encodePicture(withMark(base, step), isCut ? null : changed, n - (keys.at(-1) ?? 0)));
    shown = part;
    markAt = step;
  }
  const crop = { right: width - order.width, bottom: height - order.height };
  const { fps } = order;
  return writeMp4({
    ...{ width: order.width, height: order.height, fps, pictures, keys },
    sps: sequenceParameters(width, height, crop),
    pps: pictureParameters(),
  });
}

async function still(order: FilmOrder, frame: Buffer | null, width: number, height: number): Promise<Yuv> {
  const asked = { width: order.width, height: order.height, format: 'png', compression: 100, transparent: false, index: 0 } as const;
  const drawn = await (frame ? edit({ ...asked, prompt: order.prompt }, [frame], null) : draw({ ...asked, prompt: order.prompt }));
  const { data } = await sharp(drawn).resize(width, height, { fit: 'fill' }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return toYuv(data, width, height);
}

/** BT.601, limited range: what players take for a film without colour description. */
function toYuv(rgb: Buffer, width: number, height: number): Yuv {
  const [y, u, v] = [new Uint8Array(width * height), new Uint8Array((width * height) / 4), new Uint8Array((width * height) / 4)];
  for (let at = 0; at < width * height; at += 1) {
    const [r, g, b] = [rgb[at * 3] ?? 0, rgb[at * 3 + 1] ?? 0, rgb[at * 3 + 2] ?? 0];
    y[at] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256;
    const [column, row] = [at % width, Math.floor(at / width)];
    if (column % 2 === 1 || row % 2 === 1) continue;
    const small = (row / 2) * (width / 2) + column / 2;
    u[small] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256;
    v[small] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256;
  }
  return { width, height, y, u, v };
}

/** The picture with the mark's macroblock in white. */
function withMark(base: Yuv, step: number): Yuv {
  const y = base.y.slice();
  const top = base.height - 2 * MARK;
  for (let line = 0; line < MARK; line += 1) {
    const at = (top + line) * base.width + step * MARK;
    y.fill(235, at, at + MARK);
  }
  return { ...base, y };
}
