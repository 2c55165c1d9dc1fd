import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { cx } from '../../../ui/cx.ts';
import { actualScale, FIT, type Look, panned, transformOf, wheelFactor, ZOOM_STEP, zoomAt } from '../../../ui/look.ts';
import { type Layout, LENS_RADIUS, type Place, panesOf } from './panes.ts';
import type { SideName } from './synced-players.ts';

export type StageSide = { readonly name: string; readonly standIn: string | null; readonly node: ReactNode };
/** What the bar under the stage tells and does. */
export type Zoom = { readonly percent: number; by: (direction: 1 | -1) => void; actual: () => void; fit: () => void };

type StageProps = {
  readonly label: string;
  readonly dividerLabel: string;
  readonly layout: Layout;
  readonly a: StageSide;
  readonly b: StageSide;
  /** Only this one, whole; null for both. */
  readonly solo: SideName | null;
  /** Size of the result in its own pixels, once it is known. */
  readonly natural: { readonly width: number; readonly height: number } | null;
  /** Gets keys first. @returns true when it has used one */
  readonly onKey?: (event: KeyboardEvent) => boolean;
  /** The bar under the pictures. */
  readonly bar: (zoom: Zoom) => ReactNode;
};

/** How far from the divider a drag still takes it when the pictures are zoomed and a drag elsewhere moves them. Pixels. */
const GRIP = 28;
const DIVIDER_STEP = 2;
const LENS_STEP = 4;
const clamp = (value: number): number => Math.max(0, Math.min(100, value));

/** Two pictures or films, side by side, under a divider or through a lens; zoom and pan always move both. */
export function CompareStage({ label, dividerLabel, layout, a, b, solo, natural, onKey, bar }: StageProps) {
  const box = useRef<HTMLDivElement>(null);
  const [look, setLook] = useState<Look>(FIT);
  const [split, setSplit] = useState(50);
  const [lens, setLens] = useState<Place>({ x: 50, y: 50 });
  const [size, setSize] = useState({ width: 0, height: 0 });
  const isSplit = layout === 'side' && solo === null;
  const pane = { width: isSplit ? size.width / 2 : size.width, height: size.height };
  const actual = natural && size.width > 0 ? actualScale(pane, natural, window.devicePixelRatio) : 1;

  useEffect(() => {
    const area = box.current;
    if (!area) return;
    const watch = new ResizeObserver(() => setSize({ width: area.clientWidth, height: area.clientHeight }));
    watch.observe(area);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    // React listens passively to the wheel; only an own listener may keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const at = area.getBoundingClientRect();
      const width = isSplit ? at.width / 2 : at.width;
      const x = (event.clientX - at.left) % width;
      setLook((now) => zoomAt(now, wheelFactor(event.deltaY), x - width / 2, event.clientY - at.top - at.height / 2, actual));
    };
    area.addEventListener('wheel', wheel, { passive: false });
    return () => area.removeEventListener('wheel', wheel);
  }, [isSplit, actual]);

  const zoom: Zoom = {
    percent: look.scale / actual,
    by: (direction) => setLook((now) => zoomAt(now, ZOOM_STEP ** direction, 0, 0, actual)),
    actual: () => setLook(zoomAt(FIT, actual, 0, 0, actual)),
    fit: () => setLook(FIT),
  };
  const shift = (event: KeyboardEvent): boolean => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return false;
    const [x = 0, y = 0] = way;
    if (!event.shiftKey && solo === null && layout === 'slider' && x !== 0) setSplit((now) => clamp(now + x * DIVIDER_STEP));
    else if (!event.shiftKey && solo === null && layout === 'lens')
      setLens((now) => ({ x: clamp(now.x + x * LENS_STEP), y: clamp(now.y + y * LENS_STEP) }));
    else setLook((now) => panned(now, event.key) ?? now);
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== box.current && event.key !== 'a' && event.key !== 'b') return;
    const keys: Readonly<Record<string, () => void>> = {
      '+': () => zoom.by(1),
      '=': () => zoom.by(1),
      '-': () => zoom.by(-1),
      0: zoom.fit,
      1: zoom.actual,
    };
    const own = keys[event.key];
    if (onKey?.(event) !== true) {
      if (own) own();
      else if (!shift(event)) return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const dragging = useRef<'divider' | 'picture'>('picture');
  const onPointer = (event: PointerEvent<HTMLDivElement>): void => {
    const at = event.currentTarget.getBoundingClientRect();
    const place = { x: clamp(((event.clientX - at.left) / at.width) * 100), y: clamp(((event.clientY - at.top) / at.height) * 100) };
    if (event.type === 'pointerdown') {
      event.currentTarget.setPointerCapture(event.pointerId);
      const near = Math.abs(((place.x - split) / 100) * at.width) < GRIP;
      dragging.current = layout === 'slider' && (look.scale <= 1 || near) ? 'divider' : 'picture';
    }
    if (layout === 'lens' && event.buttons === 0) setLens(place);
    if (event.buttons !== 1 || solo !== null) return;
    if (dragging.current === 'divider') setSplit(place.x);
    else if (event.type === 'pointermove' && look.scale > 1)
      setLook((now) => ({ ...now, x: now.x + event.movementX, y: now.y + event.movementY }));
    else if (layout === 'lens') setLens(place);
  };

  const styles = panesOf(layout, solo, split, lens);
  const transform = transformOf(look);
  const sideOf = (name: SideName, side: StageSide) => (
    <div
      data-testid={`compare-${name}`}
      className={cx('absolute inset-y-0 overflow-hidden bg-media', styles[name].isHidden && 'invisible')}
      style={{ left: styles[name].left, width: styles[name].width, clipPath: styles[name].clip }}
    >
      <div className="size-full" style={{ transform, imageRendering: look.scale / actual > 3 ? 'pixelated' : 'auto' }}>
        {side.node}
      </div>
    </div>
  );
  return (
    <div className="flex size-full flex-col" data-testid="compare" data-layout={layout} data-solo={solo ?? ''}>
      <div
        ref={box}
        role="group"
        tabIndex={0}
        aria-label={label}
        data-testid="compare-stage"
        onKeyDown={onKeyDown}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
        className={cx(
          'relative min-h-0 flex-1 touch-none overflow-hidden bg-media focus-visible:-outline-offset-2',
          look.scale > 1 && 'cursor-grab active:cursor-grabbing',
        )}
      >
        {sideOf('b', b)}
        {sideOf('a', a)}
        {isSplit ? <div className="pointer-events-none absolute inset-y-0 left-1/2 w-px bg-line-strong" /> : null}
        {layout === 'slider' && solo === null ? (
          <>
            <div
              className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 bg-white shadow-[0_0_0_1px_#0006]"
              style={{ left: `${split}%` }}
            />
            <input
              type="range"
              min={0}
              max={100}
              step="any"
              value={split}
              aria-label={dividerLabel}
              onChange={(event) => setSplit(Number(event.target.value))}
              className="pointer-events-none absolute right-2 bottom-9 left-2 opacity-0 focus-visible:opacity-100"
            />
          </>
        ) : null}
        {layout === 'lens' && solo === null ? (
          <div
            data-testid="lens"
            className="pointer-events-none absolute -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-white shadow-[0_0_0_1px_#0006,0_4px_18px_#0006]"
            style={{ left: `${lens.x}%`, top: `${lens.y}%`, width: 2 * LENS_RADIUS, height: 2 * LENS_RADIUS }}
          />
        ) : null}
        <Caption side={a} isShown={solo !== 'b'} className="left-2" />
        <Caption side={b} isShown={solo !== 'a'} className={isSplit ? 'left-[calc(50%+8px)]' : solo === 'b' ? 'left-2' : 'right-2'} />
      </div>
      {bar(zoom)}
    </div>
  );
}

function Caption({ side, isShown, className }: { side: StageSide; isShown: boolean; className: string }) {
  if (!isShown) return null;
  return (
    <div className={cx('over-media pointer-events-none absolute bottom-2 max-w-[46%] rounded-sm px-1.75 text-xs', className)}>
      {side.name}
      {side.standIn === null ? null : <span className="block opacity-80">{side.standIn}</span>}
    </div>
  );
}
