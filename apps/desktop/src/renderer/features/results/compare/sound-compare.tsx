import type { WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { type KeyboardEvent, type PointerEvent, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { cx } from '../../../ui/cx.ts';
import { Check, Segments } from '../../../ui/fields.tsx';
import { Waveform } from '../../../ui/waveform.tsx';
import { useChoices } from './choices.ts';
import type { Shown } from './shown.ts';
import { amplitude, matchedGains, type SideName } from './synced-players.ts';
import { TransportBar, transportKey } from './transport-bar.tsx';
import { useSynced } from './use-synced.ts';

const PEAKS = 480;
type Measured = Readonly<Record<SideName, WaveformOutcome | null>>;
type SoundCompareProps = {
  readonly a: Shown;
  readonly b: Shown;
  readonly result: ResultView;
  readonly sourceId: MediaFileId;
  readonly stretch: number;
  readonly onFail: () => void;
};

/** Shape and loudness of both; null until they are there. */
function useMeasured({ id }: ResultView, sourceId: MediaFileId): { measured: Measured | null; error: unknown } {
  const [answer, setAnswer] = useState<{ measured: Measured | null; error: unknown }>({ measured: null, error: null });
  useEffect(() => {
    let current = true;
    const how = { peaks: PEAKS, loudness: true };
    void Promise.all([
      attempt(() => call('library.waveform', { id: sourceId, ...how })),
      attempt(() => call('results.waveform', { id, ...how })),
    ]).then(([a, b]) => {
      if (current) setAnswer({ measured: { a: a.value, b: b.value }, error: a.error ?? b.error });
    });
    return () => {
      current = false;
    };
  }, [id, sourceId]);
  return answer;
}

/** Two sounds that run together; A and B switch which is heard, without a gap, both equally loud unless that is switched off. */
export function SoundCompare({ a, b, result, sourceId, stretch, onFail }: SoundCompareProps) {
  const { t, format, problem } = useTexts();
  const [{ levelMatched }, choose] = useChoices();
  const { measured, error } = useMeasured(result, sourceId);
  const transport = useSynced(stretch, 1, onFail);
  const { a: first, b: second } = transport;
  const gains = levelMatched ? matchedGains(measured?.a?.loudnessLufs, measured?.b?.loudnessLufs) : { a: 0, b: 0 };
  useEffect(() => {
    if (first) first.volume = amplitude(gains.a);
    if (second) second.volume = amplitude(gains.b);
  }, [first, second, gains.a, gains.b]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== event.currentTarget && event.key !== 'a' && event.key !== 'b') return;
    if (!transportKey(transport, event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const scrub = (event: PointerEvent<HTMLDivElement>): void => {
    const area = event.currentTarget.getBoundingClientRect();
    transport.seek(((event.clientX - area.left) / area.width) * transport.length);
  };
  const told = (side: SideName, name: string): string => {
    const loudness = measured?.[side]?.loudnessLufs;
    if (loudness === undefined) return t('compare.unmeasured', { name });
    const level = { name, loudness: `${format.number(loudness, 1)} LUFS` };
    if (!levelMatched) return t('compare.loudnessOnly', level);
    return t('compare.gain', { ...level, gain: gains[side] < -0.05 ? format.decibels(gains[side]) : t('compare.unchanged') });
  };
  const player = (side: SideName, { url, name }: Shown, set: (element: HTMLMediaElement | null) => void) => (
    <audio
      key={side}
      ref={set}
      src={url}
      aria-label={name}
      muted={transport.lead !== side}
      preload="auto"
      onLoadedMetadata={transport.onEvent}
      onDurationChange={transport.onEvent}
      onSeeked={transport.onEvent}
      onError={onFail}
    />
  );
  const share = transport.length > 0 ? transport.at / transport.length : 0;
  return (
    <div className="flex size-full flex-col bg-surface" data-testid="compare" data-lead={transport.lead}>
      <div
        role="slider"
        tabIndex={0}
        aria-label={t('compare.sounds', { name: result.name })}
        aria-valuemin={0}
        aria-valuemax={Math.round(transport.length)}
        aria-valuenow={Math.round(transport.at)}
        aria-valuetext={`${format.clock(transport.at * 1000)} / ${format.clock(transport.length * 1000)}`}
        data-testid="compare-stage"
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          scrub(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) scrub(event);
        }}
        className="flex min-h-0 flex-1 touch-none flex-col gap-1 px-3 py-2 focus-visible:-outline-offset-2"
      >
        {(['a', 'b'] as const).map((side) => (
          <div
            key={side}
            data-testid={`compare-${side}`}
            className={cx(
              'relative min-h-0 flex-1 transition-opacity motion-reduce:transition-none',
              transport.lead !== side && 'opacity-45',
            )}
          >
            {measured?.[side] ? <Waveform peaks={measured[side].peaks} share={share} className="absolute inset-0 size-full" /> : null}
            <span className="over-media absolute top-0.5 left-0 rounded-sm px-1.75 text-xs">
              {side.toUpperCase()} · {side === 'a' ? a.name : b.name}
              {(side === 'a' ? a : b).standIn ? ` · ${(side === 'a' ? a : b).standIn}` : ''}
            </span>
          </div>
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-line border-t bg-raised px-3 py-1.5 text-sm">
        <Check
          label={t('compare.match')}
          note={t('compare.matchNote')}
          checked={levelMatched}
          onChecked={(on) => choose({ levelMatched: on })}
        />
        <div className="ml-auto text-right text-xs text-muted" aria-live="polite" data-testid="levels">
          {error ? (
            problem(error).title
          ) : measured ? (
            <>
              <div>{told('a', a.name)}</div>
              <div>{told('b', b.name)}</div>
            </>
          ) : (
            t('compare.measuring')
          )}
        </div>
      </div>
      <TransportBar transport={transport} frames={false}>
        <Segments
          label={t('compare.heard')}
          value={transport.lead}
          options={[
            { value: 'a', label: 'A', name: a.name },
            { value: 'b', label: 'B', name: b.name },
          ]}
          onValue={transport.hear}
        />
      </TransportBar>
      {player('a', a, transport.setA)}
      {player('b', b, transport.setB)}
    </div>
  );
}
