import type { FitMode } from '@pingplex/shared/domain';

export type Size = { readonly width: number; readonly height: number };
export type SizeWish = {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fit: FitMode;
  /** Sources that are smaller than the wish may be enlarged. */
  readonly enlarge?: boolean | undefined;
};

/** How to get from one size to another: scale first, then cut or frame to `out`. */
export type SizePlan = { readonly scale: Size; readonly out: Size; readonly act: 'none' | 'crop' | 'pad'; readonly enlarged: boolean };

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/**
 * Plans the size of a film or picture.
 * - `inside` keeps the shape within the wish.
 * - `pad` always gives exactly the wish; the picture inside it is scaled as `inside` does.
 * - `crop` gives the wish's shape: at its size, or smaller when the source is too small and must not be enlarged.
 *
 * With one side named, `crop` and `pad` act as `inside`. Nothing is enlarged without `enlarge`.
 * @param source size as displayed, with square pixels
 * @param round how lengths are rounded; films need even numbers, because 4:2:0 pictures have half as many colour samples each way
 */
export function fitSize(source: Size, wish: SizeWish, round: (value: number) => number = even): SizePlan {
  const { width, height, fit, enlarge = false } = wish;
  const most = enlarge ? Number.POSITIVE_INFINITY : 1;
  const scaledBy = (ratio: number): Size => ({ width: round(source.width * ratio), height: round(source.height * ratio) });
  if (width === undefined || height === undefined || fit === 'inside') {
    const wanted = Math.min((width ?? Number.POSITIVE_INFINITY) / source.width, (height ?? Number.POSITIVE_INFINITY) / source.height);
    const ratio = Number.isFinite(wanted) ? Math.min(wanted, most) : 1;
    const out = scaledBy(ratio);
    return { scale: out, out, act: 'none', enlarged: ratio > 1 };
  }
  const wished = { width: round(width), height: round(height) };
  const across = wished.width / source.width;
  const down = wished.height / source.height;
  if (fit === 'pad') {
    const ratio = Math.min(across, down, most);
    const scaled = scaledBy(ratio);
    const scale = { width: Math.min(scaled.width, wished.width), height: Math.min(scaled.height, wished.height) };
    return { scale, out: wished, act: 'pad', enlarged: ratio > 1 };
  }
  const full = Math.max(across, down);
  const ratio = Math.min(full, most);
  const out = ratio === full ? wished : { width: round((wished.width * ratio) / full), height: round((wished.height * ratio) / full) };
  const scaled = scaledBy(ratio);
  return {
    scale: { width: Math.max(scaled.width, out.width), height: Math.max(scaled.height, out.height) },
    out,
    act: 'crop',
    enlarged: ratio > 1,
  };
}
