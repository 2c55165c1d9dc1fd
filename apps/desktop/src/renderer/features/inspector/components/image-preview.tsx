import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { actualScale, FIT, type Look, panned, transformOf, wheelFactor, ZOOM_STEP, zoomAt } from '../../../ui/look.ts';
import { ZoomButtons } from '../../../ui/zoom-buttons.tsx';

type Size = { readonly width: number; readonly height: number };
const NO_SIZE: Size = { width: 0, height: 0 };

/** An image with zoom (wheel, keys, buttons) and pan (drag, arrows). The percentage counts its own pixels: at 100 % one is one of the screen. */
export function ImagePreview({ url, name, takeFocus, onFail }: { url: string; name: string; takeFocus: boolean; onFail: () => void }) {
  const { t, format } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const [look, setLook] = useState<Look>(FIT);
  const [area, setArea] = useState(NO_SIZE);
  const [natural, setNatural] = useState(NO_SIZE);
  /** Scale at which one pixel of the image is one pixel of the screen. */
  const actual = actualScale(area, natural, window.devicePixelRatio);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setArea({ width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // React listens passively to the wheel; only an own listener may keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const at = element.getBoundingClientRect();
      const [x, y] = [event.clientX - at.left - at.width / 2, event.clientY - at.top - at.height / 2];
      setLook((now) => zoomAt(now, wheelFactor(event.deltaY), x, y, actual));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [actual]);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);

  const zoom = (factor: number): void => setLook((now) => zoomAt(now, factor, 0, 0, actual));
  const showActual = (): void => setLook(zoomAt(FIT, actual, 0, 0, actual));
  const toggle = (): void => setLook((now) => (now.scale === 1 ? zoomAt(FIT, Math.max(2, actual), 0, 0) : FIT));
  const onKeyDown = (event: KeyboardEvent): void => {
    const moved = panned(look, event.key);
    if (event.key === '+' || event.key === '=') zoom(ZOOM_STEP);
    else if (event.key === '-') zoom(1 / ZOOM_STEP);
    else if (event.key === '0') setLook(FIT);
    else if (event.key === '1') showActual();
    else if (moved) setLook(moved);
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
          src={url}
          alt={name}
          draggable={false}
          onError={onFail}
          onLoad={({ currentTarget: image }) => setNatural({ width: image.naturalWidth, height: image.naturalHeight })}
          className="size-full object-contain"
          style={{ transform: transformOf(look), imageRendering: look.scale / actual > 3 ? 'pixelated' : 'auto' }}
        />
      </div>
      <div className="absolute right-2 bottom-2 rounded-md border border-line-strong bg-raised opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
        <ZoomButtons
          percent={format.percent(look.scale / actual)}
          labels={{ zoomIn: t('preview.zoomIn'), zoomOut: t('preview.zoomOut'), actual: t('preview.actual'), fit: t('preview.fit') }}
          onZoom={(direction) => zoom(ZOOM_STEP ** direction)}
          onActual={showActual}
          onFit={() => setLook(FIT)}
        />
      </div>
    </div>
  );
}
