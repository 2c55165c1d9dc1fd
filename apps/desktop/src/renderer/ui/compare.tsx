import { useRef, useState } from 'react';

type Side = { readonly url: string; readonly label: string };

/** Two pictures over each other with a bar between them: drag it, or use the arrow keys. */
export function Compare({ before, after, label }: { before: Side; after: Side; label: string }) {
  const [at, setAt] = useState(50);
  const box = useRef<HTMLDivElement>(null);
  const follow = (x: number): void => {
    const area = box.current?.getBoundingClientRect();
    if (area && area.width > 0) setAt(Math.max(0, Math.min(100, ((x - area.left) / area.width) * 100)));
  };
  const picture = 'absolute inset-0 size-full object-contain';
  return (
    <div
      ref={box}
      className="relative h-full w-full touch-none overflow-hidden bg-media"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event.clientX);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) follow(event.clientX);
      }}
    >
      <img src={after.url} alt={after.label} draggable={false} className={picture} />
      <img src={before.url} alt={before.label} draggable={false} className={picture} style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }} />
      <div
        className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 bg-white shadow-[0_0_0_1px_#0006]"
        style={{ left: `${at}%` }}
      />
      <input
        type="range"
        min={0}
        max={100}
        value={at}
        aria-label={label}
        onChange={(event) => setAt(Number(event.target.value))}
        className="absolute right-2 bottom-2 left-2 opacity-0 focus-visible:opacity-100"
      />
      <span className="over-media pointer-events-none absolute bottom-2 left-2 rounded-sm px-1.75 text-xs">{before.label}</span>
      <span className="over-media pointer-events-none absolute right-2 bottom-2 rounded-sm px-1.75 text-xs">{after.label}</span>
    </div>
  );
}
