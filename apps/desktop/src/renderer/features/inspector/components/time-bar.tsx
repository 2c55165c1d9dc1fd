import { mediaUrls, STRIP_FRAMES } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { type PointerEvent, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { stripIndex } from './frames.ts';

const CARD = 128;

/** The time bar of a film. Over it stands the frame that is under the pointer, from a strip that the engine made. */
export function TimeBar({ id, at, length, onSeek }: { id: MediaFileId; at: number; length: number; onSeek: (seconds: number) => void }) {
  const { t, format } = useTexts();
  const [hover, setHover] = useState<{ share: number; x: number; width: number } | null>(null);
  const [strip, setStrip] = useState<'none' | 'asked' | { width: number; height: number }>('none');
  const follow = (event: PointerEvent<HTMLDivElement>): void => {
    const area = event.currentTarget.getBoundingClientRect();
    if (area.width === 0) return;
    const share = Math.max(0, Math.min(1, (event.clientX - area.left) / area.width));
    setHover({ share, x: share * area.width, width: area.width });
    // Made when it is first wanted: most films are looked at without it.
    if (strip === 'none') setStrip('asked');
  };
  const url = mediaUrls.strip(id);
  const cell = typeof strip === 'object' ? { width: CARD, height: (CARD * strip.height * STRIP_FRAMES) / strip.width } : null;
  return (
    <div className="relative mx-1 min-w-0 flex-1" onPointerMove={follow} onPointerLeave={() => setHover(null)} data-testid="time-bar">
      <input
        type="range"
        min={0}
        max={length || 1}
        step={0.001}
        value={at}
        aria-label={t('preview.position')}
        aria-valuetext={format.clock(at * 1000, true)}
        onChange={(event) => onSeek(Number(event.target.value))}
        className="block w-full"
      />
      {strip === 'asked' ? (
        <img
          src={url}
          alt=""
          className="hidden"
          onLoad={({ currentTarget: image }) => setStrip({ width: image.naturalWidth, height: image.naturalHeight })}
        />
      ) : null}
      {hover ? (
        <div
          className="over-media pointer-events-none absolute bottom-6 -translate-x-1/2 overflow-hidden rounded-md text-center text-xs shadow-pop"
          style={{ left: Math.max(CARD / 2, Math.min(hover.width - CARD / 2, hover.x)), width: CARD }}
          data-testid="scrub"
          data-frame={stripIndex(hover.share, STRIP_FRAMES)}
        >
          {cell ? (
            <div
              data-testid="scrub-frame"
              style={{
                width: cell.width,
                height: cell.height,
                backgroundImage: `url("${url}")`,
                backgroundSize: `${cell.width * STRIP_FRAMES}px ${cell.height}px`,
                backgroundPosition: `-${stripIndex(hover.share, STRIP_FRAMES) * cell.width}px 0`,
              }}
            />
          ) : null}
          {format.clock(hover.share * length * 1000, true)}
        </div>
      ) : null}
    </div>
  );
}
