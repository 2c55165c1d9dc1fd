import { Maximize, Scan, ZoomIn, ZoomOut } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { IconButton } from '../../../ui/button.tsx';

type Look = { readonly scale: number; readonly x: number; readonly y: number };
const FIT: Look = { scale: 1, x: 0, y: 0 };
const MOST = 32;

/** Zooms about a point (relative to the middle of the box), so that what is under the pointer stays there. */
export function zoomAt(look: Look, factor: number, px: number, py: number): Look {
  const scale = Math.max(1, Math.min(MOST, look.scale * factor));
  if (scale === 1) return FIT;
  const by = scale / look.scale;
  return { scale, x: px - (px - look.x) * by, y: py - (py - look.y) * by };
}

/** An image with zoom (wheel, keys, buttons) and pan (drag, arrows). */
export function ImagePreview({ url, name, takeFocus }: { url: string; name: string; takeFocus: boolean }) {
  const { t, format } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const [look, setLook] = useState(FIT);

  useEffect(() => {
    const area = box.current;
    if (!area) return;
    // React listens passively to the wheel; only an own listener may keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const at = area.getBoundingClientRect();
      setLook((now) =>
        zoomAt(now, Math.exp(-event.deltaY * 0.002), event.clientX - at.left - at.width / 2, event.clientY - at.top - at.height / 2),
      );
    };
    area.addEventListener('wheel', wheel, { passive: false });
    return () => area.removeEventListener('wheel', wheel);
  }, []);

  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);

  /** Scale at which one pixel of the image is one pixel of the screen. */
  const actual = (): number => {
    const area = box.current?.getBoundingClientRect();
    const picture = image.current;
    if (!area || !picture || picture.naturalWidth === 0) return 1;
    const fit = Math.min(area.width / picture.naturalWidth, area.height / picture.naturalHeight);
    return Math.max(1, 1 / fit / window.devicePixelRatio);
  };
  const zoom = (factor: number): void => setLook((now) => zoomAt(now, factor, 0, 0));
  const toggle = (): void => setLook((now) => (now.scale === 1 ? zoomAt(now, Math.max(2, actual()), 0, 0) : FIT));

  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (event.key === '+' || event.key === '=') zoom(1.5);
    else if (event.key === '-') zoom(1 / 1.5);
    else if (event.key === '0') setLook(FIT);
    else if (move && look.scale > 1) setLook({ ...look, x: look.x + (move[0] ?? 0), y: look.y + (move[1] ?? 0) });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="group relative size-full">
      <div
        ref={box}
        role="group"
        tabIndex={0}
        aria-label={t('preview.image', { name })}
        onKeyDown={onKeyDown}
        onDoubleClick={toggle}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.buttons === 1 && look.scale > 1) setLook({ ...look, x: look.x + event.movementX, y: look.y + event.movementY });
        }}
        className={`size-full touch-none overflow-hidden ${look.scale > 1 ? 'cursor-grab active:cursor-grabbing' : ''}`}
      >
        <img
          ref={image}
          src={url}
          alt={name}
          draggable={false}
          className="size-full object-contain"
          style={{
            transform: `translate(${look.x}px, ${look.y}px) scale(${look.scale})`,
            imageRendering: look.scale > 6 ? 'pixelated' : 'auto',
          }}
        />
      </div>
      <div className="absolute right-2 bottom-2 flex items-center rounded-md border border-line-strong bg-raised opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
        <span className="pl-2 text-xs text-muted" aria-live="polite">
          {format.percent(look.scale)}
        </span>
        <IconButton label={t('preview.zoomOut')} hint="−" onClick={() => zoom(1 / 1.5)}>
          <ZoomOut size={14} />
        </IconButton>
        <IconButton label={t('preview.zoomIn')} hint="+" onClick={() => zoom(1.5)}>
          <ZoomIn size={14} />
        </IconButton>
        <IconButton label={t('preview.actual')} onClick={() => setLook(zoomAt(FIT, actual(), 0, 0))}>
          <Scan size={14} />
        </IconButton>
        <IconButton label={t('preview.fit')} hint="0" onClick={() => setLook(FIT)}>
          <Maximize size={14} />
        </IconButton>
      </div>
    </div>
  );
}
