import type { EngineJob } from '@pingplex/shared/contracts/engine';

export type Size = { readonly width: number; readonly height: number };
export type SizeWish = Pick<Extract<EngineJob, { verb: 'convert' }>['settings'], 'width' | 'height' | 'fit'>;

/** How to get from one size to another: scale first, then cut or frame to `out`. */
export type SizePlan = { readonly scale: Size; readonly out: Size; readonly act: 'none' | 'crop' | 'pad' };

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/**
 * Plans the size of a film. All numbers are even, because 4:2:0 pictures have half as many colour samples each way.
 * `inside` never enlarges; `crop` and `pad` give exactly the wanted size and act as `inside` when only one side is named.
 * @param source size as displayed, with square pixels
 */
export function fitSize(source: Size, wish: SizeWish): SizePlan {
  const { width, height, fit } = wish;
  if (width === undefined || height === undefined || fit === 'inside') {
    const ratio = Math.min((width ?? Number.POSITIVE_INFINITY) / source.width, (height ?? Number.POSITIVE_INFINITY) / source.height, 1);
    const out = { width: even(source.width * ratio), height: even(source.height * ratio) };
    return { scale: out, out, act: 'none' };
  }
  const out = { width: even(width), height: even(height) };
  const across = out.width / source.width;
  const down = out.height / source.height;
  const ratio = fit === 'crop' ? Math.max(across, down) : Math.min(across, down);
  const scaled = { width: even(source.width * ratio), height: even(source.height * ratio) };
  const limit = fit === 'crop' ? Math.max : Math.min;
  return { scale: { width: limit(scaled.width, out.width), height: limit(scaled.height, out.height) }, out, act: fit };
}
