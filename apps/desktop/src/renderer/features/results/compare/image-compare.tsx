import { type KeyboardEvent, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Segments } from '../../../ui/fields.tsx';
import { ZoomButtons } from '../../../ui/zoom-buttons.tsx';
import { LAYOUTS, next, useChoices } from './choices.ts';
import type { Shown } from './shown.ts';
import { CompareStage } from './stage.tsx';
import type { SideName } from './synced-players.ts';

/** Two pictures: side by side, under a divider or through a lens, zoomed together; A and B show one alone. */
export function ImageCompare({ a, b, name }: { a: Shown; b: Shown; name: string }) {
  const { t, format } = useTexts();
  const [choices, choose] = useChoices();
  const [solo, setSolo] = useState<SideName | null>(null);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const onKey = ({ key }: KeyboardEvent): boolean => {
    if (key === 'a' || key === 'b') setSolo((now) => (now === key ? null : key));
    else if (key === 'v') choose({ image: next(LAYOUTS.image, choices.image) });
    else return false;
    return true;
  };
  const picture = (side: Shown, onSize?: (size: { width: number; height: number }) => void) => (
    <img
      src={side.url}
      alt={side.name}
      draggable={false}
      className="size-full object-contain"
      onLoad={({ currentTarget: image }) => onSize?.({ width: image.naturalWidth, height: image.naturalHeight })}
    />
  );
  return (
    <CompareStage
      label={t('compare.pictures', { name })}
      dividerLabel={t('compare.divider')}
      layout={choices.image}
      a={{
        name: choices.image === 'lens' && solo === null ? t('compare.inLens', { name: a.name }) : a.name,
        standIn: a.standIn,
        node: picture(a),
      }}
      b={{ name: b.name, standIn: b.standIn, node: picture(b, setNatural) }}
      solo={solo}
      natural={natural}
      onKey={onKey}
      bar={(zoom) => (
        <div className="flex flex-wrap items-center gap-2 border-line border-t bg-raised px-1.5 py-1">
          <Segments
            label={t('compare.layout')}
            value={choices.image}
            options={LAYOUTS.image.map((value) => ({ value, label: t(`compare.${value}`) }))}
            onValue={(image) => choose({ image })}
          />
          <Segments
            label={t('compare.shown')}
            value={solo ?? 'both'}
            options={[
              { value: 'both', label: t('compare.both') },
              { value: 'a', label: 'A', name: a.name },
              { value: 'b', label: 'B', name: b.name },
            ]}
            onValue={(value) => setSolo(value === 'both' ? null : value)}
          />
          <div className="ml-auto">
            <ZoomButtons
              percent={format.percent(zoom.percent)}
              labels={{
                zoomIn: t('preview.zoomIn'),
                zoomOut: t('preview.zoomOut'),
                actual: t('preview.actual'),
                fit: t('preview.fit'),
              }}
              onZoom={zoom.by}
              onActual={zoom.actual}
              onFit={zoom.fit}
            />
          </div>
        </div>
      )}
    />
  );
}
