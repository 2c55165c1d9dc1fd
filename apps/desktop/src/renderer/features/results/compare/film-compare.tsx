import { Volume2, VolumeX } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { IconButton } from '../../../ui/button.tsx';
import { Segments } from '../../../ui/fields.tsx';
import { LAYOUTS, next, useChoices } from './choices.ts';
import type { Shown } from './shown.ts';
import { CompareStage } from './stage.tsx';
import { TransportBar, transportKey } from './transport-bar.tsx';
import { useSynced } from './use-synced.ts';

type FilmCompareProps = {
  readonly a: Shown;
  readonly b: Shown;
  readonly name: string;
  readonly stretch: number;
  readonly fps: number;
  readonly onFail: () => void;
};

/** Two films that play, stop and step together: side by side or under a divider. One of them is heard. */
export function FilmCompare({ a, b, name, stretch, fps, onFail }: FilmCompareProps) {
  const { t } = useTexts();
  const [choices, choose] = useChoices();
  const [muted, setMuted] = useState(true);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const transport = useSynced(stretch, fps, onFail);
  const onKey = ({ key, shiftKey }: KeyboardEvent): boolean => {
    if (transportKey(transport, key, shiftKey)) return true;
    if (key === ',') transport.step(-1);
    else if (key === '.') transport.step(1);
    else if (key === 'm') setMuted(!muted);
    else if (key === 'v') choose({ video: next(LAYOUTS.video, choices.video) });
    else return false;
    return true;
  };
  const film = (side: Shown, isLead: boolean, set: (element: HTMLVideoElement | null) => void) => (
    <video
      ref={set}
      src={side.url}
      aria-label={side.name}
      muted={muted || !isLead}
      playsInline
      preload="auto"
      onLoadedMetadata={({ currentTarget: video }) => {
        if (set === transport.setB) setNatural({ width: video.videoWidth, height: video.videoHeight });
        transport.onEvent();
      }}
      onDurationChange={transport.onEvent}
      onSeeked={transport.onEvent}
      onError={onFail}
      className="pointer-events-none size-full object-contain"
    />
  );
  return (
    <CompareStage
      label={t('compare.films', { name })}
      dividerLabel={t('compare.divider')}
      layout={choices.video}
      a={{ name: a.name, standIn: a.standIn, node: film(a, transport.lead === 'a', transport.setA) }}
      b={{ name: b.name, standIn: b.standIn, node: film(b, transport.lead === 'b', transport.setB) }}
      solo={null}
      natural={natural}
      onKey={onKey}
      bar={() => (
        <TransportBar transport={transport} frames>
          <IconButton label={muted ? t('preview.unmute') : t('preview.mute')} hint="M" onClick={() => setMuted(!muted)}>
            {muted ? <VolumeX size={15} /> : <Volume2 size={15} />}
          </IconButton>
          <Segments
            label={t('compare.heard')}
            value={transport.lead}
            options={[
              { value: 'a', label: 'A', name: a.name },
              { value: 'b', label: 'B', name: b.name },
            ]}
            onValue={transport.hear}
          />
          <Segments
            label={t('compare.layout')}
            value={choices.video}
            options={LAYOUTS.video.map((value) => ({ value, label: t(`compare.${value}`) }))}
            onValue={(video) => choose({ video })}
          />
        </TransportBar>
      )}
    />
  );
}
