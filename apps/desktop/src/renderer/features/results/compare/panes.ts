import type { SideName } from './synced-players.ts';

export type Layout = 'side' | 'slider' | 'lens';
/** In percent of the box. */
export type Place = { readonly x: number; readonly y: number };
type Pane = { readonly left: string; readonly width: string; readonly clip: string | undefined; readonly isHidden: boolean };

/** Half the width of the lens, in pixels. */
export const LENS_RADIUS = 96;

const whole = (clip?: string): Pane => ({ left: '0%', width: '100%', clip, isHidden: false });

/**
 * Where the two sides lie. The first lies above the second and is cut by the divider or to the lens; both stay in the page in every
 * layout, so that a film goes on while the layout changes.
 * @param split position of the divider, percent
 */
export function panesOf(layout: Layout, solo: SideName | null, split: number, lens: Place): Readonly<Record<SideName, Pane>> {
  if (solo !== null) {
    const hidden = { ...whole(), isHidden: true };
    return solo === 'a' ? { a: whole(), b: hidden } : { a: hidden, b: whole() };
  }
  switch (layout) {
    case 'side':
      return {
        a: { left: '0%', width: '50%', clip: undefined, isHidden: false },
        b: { left: '50%', width: '50%', clip: undefined, isHidden: false },
      };
    case 'slider':
      return { a: whole(`inset(0 ${100 - split}% 0 0)`), b: whole() };
    case 'lens':
      return { a: whole(`circle(${LENS_RADIUS}px at ${lens.x}% ${lens.y}%)`), b: whole() };
  }
}
