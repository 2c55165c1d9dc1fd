/** A grey picture: one byte or float per pixel, rows from top to bottom, 0–255. */
export type Luma = { readonly width: number; readonly height: number; readonly data: Uint8Array | Float32Array };

/** Raw picture: 8 bits per channel, interleaved. Three channels are RGB, four RGBA (not premultiplied). */
export type Pixels = { readonly width: number; readonly height: number; readonly channels: 3 | 4; readonly data: Uint8Array };

/** Longest side below which `shrinkLuma` leaves a picture alone; hashes of bigger pictures are taken from the shrunk one. */
const SHRINK_ABOVE = 1024;

/** Grey by ITU-R BT.601 weights, as PDQ's reference code does. Transparent parts count as white, what most viewers put behind them. */
export function lumaOf(pixels: Pixels): Luma {
  const { width, height, channels, data } = pixels;
  const out = new Uint8Array(width * height);
  for (let i = 0, o = 0; o < out.length; i += channels, o++) {
    const grey = 0.299 * (data[i] as number) + 0.587 * (data[i + 1] as number) + 0.114 * (data[i + 2] as number);
    const alpha = channels === 4 ? (data[i + 3] as number) : 255;
    out[o] = alpha === 255 ? grey + 0.5 : (grey * alpha) / 255 + (255 - alpha) + 0.5;
  }
  return { width, height, data: out };
}

/**
 * Shrinks by the whole factor that brings the longest side to at most `limit` pixels, averaging each block.
 * Every hash of a picture goes through here, so that hashes of one file taken at different places are equal.
 */
export function shrinkLuma(luma: Luma, limit: number = SHRINK_ABOVE): Luma {
  const factor = Math.ceil(Math.max(luma.width, luma.height) / limit);
  const width = Math.floor(luma.width / factor);
  const height = Math.floor(luma.height / factor);
  if (factor <= 1 || width < 1 || height < 1) return luma;
  const out = new Float32Array(width * height);
  const scale = 1 / (factor * factor);
  for (let y = 0; y < height * factor; y++) {
    const to = Math.floor(y / factor) * width;
    let at = y * luma.width;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < factor; k++) sum += luma.data[at++] as number;
      out[to + x] = (out[to + x] as number) + sum * scale;
    }
  }
  return { width, height, data: out };
}

/** Bilinear resampling of a grey picture to an exact size. Good enough for pictures of about the same size; it doesn't average. */
export function resizeLuma(luma: Luma, width: number, height: number): Luma {
  if (luma.width === width && luma.height === height) return luma;
  return sampleLuma(luma, width, height, (x, y) => [((x + 0.5) * luma.width) / width - 0.5, ((y + 0.5) * luma.height) / height - 0.5]);
}

/** Draws a grey picture whose pixel (x, y) is the source's at `from(x, y)`, bilinear, edges repeated. */
export function sampleLuma(source: Luma, width: number, height: number, from: (x: number, y: number) => readonly [number, number]): Luma {
  const out = new Float32Array(width * height);
  const maxX = source.width - 1;
  const maxY = source.height - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fx, fy] = from(x, y);
      const sx = Math.min(maxX, Math.max(0, fx));
      const sy = Math.min(maxY, Math.max(0, fy));
      const x0 = Math.floor(sx);
      const y0 = Math.floor(sy);
      const x1 = Math.min(maxX, x0 + 1);
      const dx = sx - x0;
      const dy = sy - y0;
      const top = y0 * source.width;
      const bottom = Math.min(maxY, y0 + 1) * source.width;
      const a = (source.data[top + x0] as number) * (1 - dx) + (source.data[top + x1] as number) * dx;
      const b = (source.data[bottom + x0] as number) * (1 - dx) + (source.data[bottom + x1] as number) * dx;
      out[y * width + x] = a * (1 - dy) + b * dy;
    }
  }
  return { width, height, data: out };
}
