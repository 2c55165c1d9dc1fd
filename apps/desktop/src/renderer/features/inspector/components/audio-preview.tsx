import type { WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { MediaFileId } from '@pingplex/shared/domain';
import { Pause, Play } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { togglePlaying } from '../../../lib/playing.ts';
import { IconButton } from '../../../ui/button.tsx';
import { wheelFactor } from '../../../ui/look.ts';
import { Waveform } from '../../../ui/waveform.tsx';
import { peaksIn, shownSpan } from './frames.ts';

/** Fine enough for the greatest magnification. */
const PEAKS = 4096;
/** Bars on screen. */
const BARS = 256;
const MOST_ZOOM = PEAKS / BARS;
/** Empty space left and right of the waveform, in pixels. */
const INSET = 12;
/** Chromium can't seek an MP3 to its very end and gives the whole file up; this many seconds before it all is well. */
const SHY_OF_END = 0.05;

/** Sound with its waveform: click or drag to scrub, arrows for a second, Home and End. */
export function AudioPreview({
  id,
  url,
  name,
  takeFocus,
  onFail,
}: {
  id: MediaFileId;
  url: string;
  name: string;
  takeFocus: boolean;
  onFail: () => void;
}) {
  const { t, format, problem } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const audio = useRef<HTMLAudioElement>(null);
  const [wave, setWave] = useState<WaveformOutcome | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [{ zoom, middle }, setView] = useState({ zoom: 1, middle: 0.5 });
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);
  useEffect(() => {
    let current = true;
    setWave(null);
    void attempt(() => call('library.waveform', { id, peaks: PEAKS })).then((answer) => {
      if (!current) return;
      setWave(answer.value);
      setError(answer.error);
    });
    return () => {
      current = false;
    };
  }, [id]);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function follow() {
      setAt(audio.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  useEffect(() => {
    if (zoom <= 1 || !playing || length <= 0) return;
    const shown = shownSpan(zoom, middle);
    const share = at / length;
    if (share < shown.from || share > shown.to) setView({ zoom, middle: share + 0.5 / zoom });
  }, [at, length, playing, zoom, middle]);

  const whole = length || (wave?.durationMs ?? 0) / 1000;
  const seek = (seconds: number): void => {
    const to = Math.max(0, Math.min(whole, seconds));
    if (audio.current) audio.current.currentTime = Math.max(0, Math.min(whole - SHY_OF_END, to));
    setAt(to);
  };
  /** Magnifies about the playhead, or about another share of the whole; 0 shows everything. */
  const magnify = (factor: number, about = whole > 0 ? at / whole : 0.5): void =>
    setView((now) => {
      const next = Math.max(1, Math.min(MOST_ZOOM, now.zoom * factor));
      const shown = shownSpan(now.zoom, now.middle);
      // What was under the point stays under it.
      const place = (about - shown.from) / (shown.to - shown.from);
      return { zoom: next, middle: about + (0.5 - Math.max(0, Math.min(1, place))) / next };
    });
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    // React listens passively to the wheel; only an own listener may keep the page from scrolling.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, width } = area.getBoundingClientRect();
      const place = Math.max(0, Math.min(1, (event.clientX - left - INSET) / (width - 2 * INSET)));
      setView((now) => {
        const shown = shownSpan(now.zoom, now.middle);
        const about = shown.from + place * (shown.to - shown.from);
        const next = Math.max(1, Math.min(MOST_ZOOM, now.zoom * wheelFactor(event.deltaY)));
        return { zoom: next, middle: about + (0.5 - place) / next };
      });
    };
    area.addEventListener('wheel', wheel, { passive: false });
    return () => area.removeEventListener('wheel', wheel);
  }, []);
  const toggle = (): void => {
    if (audio.current) togglePlaying(audio.current, onFail);
  };
  const scrub = (event: PointerEvent<HTMLDivElement>): void => {
    const area = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - area.left - INSET) / (area.width - 2 * INSET)));
    seek((span.from + share * (span.to - span.from)) * whole);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // In a magnified waveform an arrow goes as far as it does on the screen of the whole one.
    const by = (event.shiftKey ? 5 : 1) / Math.max(1, zoom / 2);
    if (event.key === ' ') toggle();
    else if (event.key === 'ArrowLeft') seek(at - by);
    else if (event.key === 'ArrowRight') seek(at + by);
    else if (event.key === '+' || event.key === '=') magnify(2);
    else if (event.key === '-') magnify(0.5);
    else if (event.key === '0') magnify(0);
    else if (event.key === 'Home') seek(0);
    else if (event.key === 'End') seek(whole);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const share = whole > 0 ? at / whole : 0;
  const span = useMemo(() => shownSpan(zoom, middle), [zoom, middle]);
  const drawn = useMemo(() => (wave ? peaksIn(wave.peaks, span, BARS) : []), [wave, span]);
  return (
    <div className="flex size-full flex-col" data-testid="audio-preview">
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={t('preview.audio', { name })}
        aria-valuemin={0}
        aria-valuemax={Math.round(whole)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${format.clock(at * 1000)} / ${format.clock(whole * 1000)}`}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          scrub(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) scrub(event);
        }}
        className="relative min-h-0 flex-1 touch-none"
      >
        {wave ? (
          <Waveform
            peaks={drawn}
            share={(share - span.from) / (span.to - span.from)}
            className="absolute inset-x-3 inset-y-0 h-full w-[calc(100%-24px)]"
          />
        ) : (
          <span className="absolute inset-0 grid place-items-center text-sm text-muted">
            {error ? problem(error).title : t('preview.drawing')}
          </span>
        )}
      </div>
      <div className="flex items-center gap-1 border-line border-t bg-raised px-1.5 py-0.5">
        <IconButton label={playing ? t('preview.pause') : t('preview.play')} onClick={toggle}>
          {playing ? <Pause size={15} /> : <Play size={15} />}
        </IconButton>
        <span className="ml-auto pr-2 text-xs text-muted">
          {format.clock(at * 1000, true)} / {format.clock(whole * 1000)}
        </span>
      </div>
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onLoadedMetadata={(event) => setLength(Number.isFinite(event.currentTarget.duration) ? event.currentTarget.duration : 0)}
        onError={onFail}
      />
    </div>
  );
}
