/** How a picture lies in its box: magnification (1 fits the box) and shift in pixels from the middle. */
export type Look = { readonly scale: number; readonly x: number; readonly y: number };
export const FIT: Look = { scale: 1, x: 0, y: 0 };
const MOST = 32;
/** How far one press of an arrow moves a picture, in pixels. */
const PAN = 40;
export const ZOOM_STEP = 1.5;

/**
 * Zooms about a point (relative to the middle of the box), so that what is under the pointer stays there.
 * @param least smallest magnification; below 1 for pictures that are smaller than their box
 */
export function zoomAt(look: Look, factor: number, px: number, py: number, least = 1): Look {
  const scale = Math.max(Math.min(1, least), Math.min(MOST, look.scale * factor));
  if (scale <= 1) return { ...FIT, scale };
  const by = scale / look.scale;
  return { scale, x: px - (px - look.x) * by, y: py - (py - look.y) * by };
}

/** What one notch of the wheel does. */
export const wheelFactor = (deltaY: number): number => Math.exp(-deltaY * 0.002);

/** The look after an arrow key, or null when the key is none or there is nothing to move. */
export function panned(look: Look, key: string): Look | null {
  const move = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] }[key];
  if (!move || look.scale <= 1) return null;
  return { ...look, x: look.x + (move[0] ?? 0), y: look.y + (move[1] ?? 0) };
}

type Size = { readonly width: number; readonly height: number };

/** Magnification at which one pixel of the picture is one pixel of the screen. */
export function actualScale(box: Size, picture: Size, pixelRatio: number): number {
  if (picture.width === 0 || picture.height === 0 || box.width === 0) return 1;
  return 1 / Math.min(box.width / picture.width, box.height / picture.height) / pixelRatio;
}

/** As a CSS transform. */
export const transformOf = ({ scale, x, y }: Look): string => `translate(${x}px, ${y}px) scale(${scale})`;
