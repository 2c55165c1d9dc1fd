import type { MediaFileId } from '@pingplex/shared/domain';
import { Pause, Play, StepBack, StepForward, Volume2, VolumeX } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { togglePlaying } from '../../../lib/playing.ts';
import { IconButton } from '../../../ui/button.tsx';
import { frameStart, frameTime } from './frames.ts';
import { TimeBar } from './time-bar.tsx';

/** A video with scrubbing and single frames. `fps` comes from the file; without it a step is a 30th of a second. */
export function VideoPreview({
  id,
  url,
  name,
  fps,
  takeFocus,
  onFail,
  onFrame,
}: {
  id: MediaFileId;
  url: string;
  name: string;
  fps: number | undefined;
  takeFocus: boolean;
  onFail: () => void;
  /** Told the middle of the frame that is on screen, in seconds, whenever the place changes. */
  onFrame?: (seconds: number) => void;
}) {
  const { t, format } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [muted, setMuted] = useState(true);

  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);
  useEffect(() => {
    // timeupdate comes four times a second only; while it plays, the bar follows every frame.
    if (!playing) return;
    let frame = requestAnimationFrame(function follow() {
      setAt(video.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  /** Start of the frame that is on screen, as the decoder says; null until one was drawn. */
  const shownAt = useRef<number | null>(null);
  useEffect(() => {
    const player = video.current;
    if (!player) return;
    let asked = player.requestVideoFrameCallback(function drawn(_now, { mediaTime }) {
      shownAt.current = mediaTime;
      asked = player.requestVideoFrameCallback(drawn);
    });
    return () => player.cancelVideoFrameCallback(asked);
  }, []);
  const rate = fps ?? 30;
  useEffect(() => {
    onFrame?.(frameTime(frameStart(shownAt.current, at, rate), 0, rate));
  }, [at, rate, onFrame]);

  const seek = (seconds: number): void => {
    const player = video.current;
    if (!player) return;
    player.currentTime = Math.max(0, Math.min(length, seconds));
    setAt(player.currentTime);
  };
  const toggle = (): void => {
    if (video.current) togglePlaying(video.current, onFail);
  };
  const step = (frames: number): void => {
    const player = video.current;
    if (!player) return;
    player.pause();
    seek(frameTime(frameStart(shownAt.current, player.currentTime, rate), frames, rate));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === ' ' || event.key === 'k') toggle();
    else if (event.key === ',') step(-1);
    else if (event.key === '.') step(1);
    else if (event.key === 'ArrowLeft') seek(at - 1);
    else if (event.key === 'ArrowRight') seek(at + 1);
    else if (event.key === 'm') setMuted(!muted);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      role="group"
      tabIndex={0}
      aria-label={t('preview.video', { name })}
      onKeyDown={onKeyDown}
      className="flex size-full flex-col"
      data-testid="video-preview"
    >
      <video
        ref={video}
        src={url}
        muted={muted}
        playsInline
        preload="auto"
        onClick={toggle}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onLoadedMetadata={(event) => setLength(Number.isFinite(event.currentTarget.duration) ? event.currentTarget.duration : 0)}
        onSeeked={(event) => setAt(event.currentTarget.currentTime)}
        onError={onFail}
        className="min-h-0 w-full flex-1 object-contain"
      />
      <div className="flex items-center gap-0.5 border-line border-t bg-raised px-1.5 py-0.5">
        <IconButton label={playing ? t('preview.pause') : t('preview.play')} onClick={toggle}>
          {playing ? <Pause size={15} /> : <Play size={15} />}
        </IconButton>
        <IconButton label={t('preview.frameBack')} hint="," onClick={() => step(-1)}>
          <StepBack size={14} />
        </IconButton>
        <IconButton label={t('preview.frameForward')} hint="." onClick={() => step(1)}>
          <StepForward size={14} />
        </IconButton>
        <TimeBar id={id} at={at} length={length} onSeek={seek} />
        <span className="shrink-0 text-xs text-muted">
          {format.clock(at * 1000, true)} / {format.clock(length * 1000)}
        </span>
        <IconButton label={muted ? t('preview.unmute') : t('preview.mute')} onClick={() => setMuted(!muted)}>
          {muted ? <VolumeX size={15} /> : <Volume2 size={15} />}
        </IconButton>
      </div>
    </div>
  );
}
