import { Pause, Play, StepBack, StepForward } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { IconButton } from '../../../ui/button.tsx';
import type { Transport } from './use-synced.ts';

/** One transport for two players; `frames` adds single frames. */
export function TransportBar({ transport, frames, children }: { transport: Transport; frames: boolean; children?: ReactNode }) {
  const { t, format } = useTexts();
  const { at, length, playing } = transport;
  return (
    <div className="flex flex-wrap items-center gap-1 border-line border-t bg-raised px-1.5 py-1">
      <IconButton label={playing ? t('preview.pause') : t('preview.play')} onClick={transport.toggle}>
        {playing ? <Pause size={15} /> : <Play size={15} />}
      </IconButton>
      {frames ? (
        <>
          <IconButton label={t('preview.frameBack')} hint="," onClick={() => transport.step(-1)}>
            <StepBack size={14} />
          </IconButton>
          <IconButton label={t('preview.frameForward')} hint="." onClick={() => transport.step(1)}>
            <StepForward size={14} />
          </IconButton>
        </>
      ) : null}
      <input
        type="range"
        min={0}
        max={length || 1}
        step={0.001}
        value={at}
        aria-label={t('preview.position')}
        aria-valuetext={format.clock(at * 1000, true)}
        onChange={(event) => transport.seek(Number(event.target.value))}
        className="mx-1 min-w-24 flex-1"
      />
      <span className="shrink-0 text-xs text-muted">
        {format.clock(at * 1000, true)} / {format.clock(length * 1000)}
      </span>
      {children}
    </div>
  );
}

/** Keys that two players under one transport share. @returns true when the key was one of them */
export function transportKey(transport: Transport, key: string, shiftKey: boolean): boolean {
  if (key === ' ' || key === 'k') transport.toggle();
  else if (key === 'a' || key === 'b') transport.hear(key);
  else if (key === 'Home') transport.seek(0);
  else if (key === 'End') transport.seek(transport.length);
  else if (shiftKey) return false;
  else if (key === 'ArrowLeft') transport.seek(transport.at - 1);
  else if (key === 'ArrowRight') transport.seek(transport.at + 1);
  else return false;
  return true;
}
