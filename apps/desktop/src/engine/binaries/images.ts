import { readFile } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';
import type { Sharp, SharpOptions } from 'sharp';

type SharpModule = typeof import('sharp').default;

/** As sharp's own ceiling; the sniffer refuses bigger pictures before they get here. */
const LIMIT_INPUT_PIXELS = 268_402_689;

let loading: Promise<SharpModule> | undefined;

async function load(): Promise<SharpModule> {
  try {
    const { default: sharp } = await import('sharp');
    // One thread per picture and as many pictures as cores measured faster than the other way round; a cache would only hold memory.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch (thrown) {
    loading = undefined;
    throw new AppError('engine.unavailable', 'the picture library could not be loaded', { params: { what: 'sharp' }, cause: thrown });
  }
}

/** The picture library with our settings. Loaded on first use. */
export function loadSharp(): Promise<SharpModule> {
  loading ??= load();
  return loading;
}

/**
 * A picture file as sharp's input. libvips reads `name[…]` as a name with options, so such names are passed as bytes.
 * @param options `failOn: 'none'` for previews of damaged files; default is `error`
 */
export async function openImage(path: string, options: SharpOptions = {}): Promise<Sharp> {
  const sharp = await loadSharp();
  const input = path.endsWith(']') ? await readFile(path) : path;
  return sharp(input, { limitInputPixels: LIMIT_INPUT_PIXELS, failOn: 'error', ...options });
}
