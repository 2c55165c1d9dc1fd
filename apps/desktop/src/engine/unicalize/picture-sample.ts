import type { Placed } from './picture-geometry.ts';

/** A multiple of all block sizes that picture encoders work in, so that the seams fall between blocks. */
const TILE = 192;
const TILES = 3;
const SIDE = TILE * TILES;

/**
 * Nine tiles of a placed picture, spread evenly and joined to one: at full scale, so that an encoder treats it as it treats the whole.
 * A picture that is hardly larger than that is its own sample.
 */
export function samplePlaced(placed: Placed): Placed {
  const { pixels, width, height } = placed;
  if (width < SIDE || height < SIDE || width * height < 2 * SIDE * SIDE) return placed;
  const { channels } = pixels;
  const data = new Uint8Array(SIDE * SIDE * channels);
  for (let row = 0; row < TILES; row++) {
    const top = placed.top + Math.round(((height - TILE) * row) / (TILES - 1));
    for (let column = 0; column < TILES; column++) {
      const left = placed.left + Math.round(((width - TILE) * column) / (TILES - 1));
      for (let y = 0; y < TILE; y++) {
        const from = ((top + y) * pixels.width + left) * channels;
        data.set(pixels.data.subarray(from, from + TILE * channels), ((row * TILE + y) * SIDE + column * TILE) * channels);
      }
    }
  }
  return { pixels: { width: SIDE, height: SIDE, channels, data }, left: 0, top: 0, width: SIDE, height: SIDE };
}
