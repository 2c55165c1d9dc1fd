import type { WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { MediaFileId } from '@pingplex/shared/domain';
import { Pause, Play } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { IconButton } from '../../../ui/button.tsx';

const PEAKS = 240;
/** Chromium can't seek an MP3 to its very end and gives the whole file up; this many seconds before it all is well. */
const SHY_OF_END = 0.05;

/** Bars of a waveform as one path, 0–100 high around the middle. */
function path(peaks: readonly number[]): string {
  return peaks.map((peak, at) => `M${at + 0.5} ${50 - Math.max(0.8, peak * 46)}V${50 + Math.max(0.8, peak * 46)}`).join('');
}

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

  const whole = length || (wave?.durationMs ?? 0) / 1000;
  const seek = (seconds: number): void => {
    const to = Math.max(0, Math.min(whole, seconds));
    if (audio.current) audio.current.currentTime = Math.max(0, Math.min(whole - SHY_OF_END, to));
    setAt(to);
  };
  const toggle = (): void => {
    const player = audio.current;
    if (!player) return;
    if (player.paused) void player.play().catch(onFail);
    else player.pause();
  };
  const scrub = (event: PointerEvent<HTMLDivElement>): void => {
    const area = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - area.left) / area.width) * whole);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.shiftKey ? 5 : 1;
    if (event.key === ' ') toggle();
    else if (event.key === 'ArrowLeft') seek(at - by);
    else if (event.key === 'ArrowRight') seek(at + by);
    else if (event.key === 'Home') seek(0);
    else if (event.key === 'End') seek(whole);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const share = whole > 0 ? at / whole : 0;
  const lines = wave ? path(wave.peaks) : '';
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
          <svg
            viewBox={`0 0 ${wave.peaks.length} 100`}
            preserveAspectRatio="none"
            className="absolute inset-x-3 inset-y-0 h-full w-[calc(100%-24px)]"
            aria-hidden="true"
          >
            <path d={lines} stroke="var(--line-strong)" strokeWidth={0.6} />
            <path d={lines} stroke="var(--accent)" strokeWidth={0.6} style={{ clipPath: `inset(0 ${(1 - share) * 100}% 0 0)` }} />
          </svg>
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
