import { destinationOf, type FrameChoice, SubtitleMode } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Field, NumberInput, Select } from '../../../ui/fields.tsx';
import type { ConvertPart } from '../convert-part.ts';

const LEVELS = [-14, -16, -19, -23];

/** Loudness, subtitles, and several frames instead of one. */
export function ConvertMore({ step, set }: ConvertPart) {
  const { t, format } = useTexts();
  const own = step.loudness;
  const ofPlace = destinationOf(step.preset)?.loudness;
  const levels = own && !LEVELS.includes(own.lufs) ? [...LEVELS, own.lufs] : LEVELS;
  const unit = (lufs: number): string => `${format.number(lufs, 1)} LUFS`;
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('recipe.convert.loudness')}>
          {(field) => (
            <Select
              {...field}
              value={own ? String(own.lufs) : ''}
              options={[
                { value: '', label: ofPlace ? t('recipe.convert.asPlace', { value: unit(ofPlace.lufs) }) : t('recipe.convert.asItIs') },
                ...levels.map((lufs) => ({ value: String(lufs), label: unit(lufs) })),
              ]}
              onValue={(value) => set({ loudness: value === '' ? undefined : { lufs: Number(value), truePeakDb: own?.truePeakDb ?? -1 } })}
            />
          )}
        </Field>
        <Field label={t('recipe.convert.subtitles')}>
          {(field) => (
            <Select
              {...field}
              value={step.subtitles ?? ''}
              options={[
                { value: '', label: t('recipe.convert.noSubtitles') },
                ...SubtitleMode.options.map((value) => ({ value, label: t(`recipe.convert.${value}`) })),
              ]}
              onValue={(value) => set({ subtitles: SubtitleMode.options.find((one) => one === value) })}
            />
          )}
        </Field>
      </div>
      {step.subtitles ? <p className="-mt-1.5 text-xs text-muted">{t('recipe.convert.subtitlesNote')}</p> : null}
      <FramesField frames={step.frames} onFrames={(frames) => set({ frames })} />
    </>
  );
}

/** One frame of each film, so many, or one every so often; matters when films become pictures. */
function FramesField({ frames, onFrames }: { frames: FrameChoice | undefined; onFrames: (frames: FrameChoice | undefined) => void }) {
  const { t } = useTexts();
  const choose = (by: string): void => {
    if (by === 'count') onFrames({ by: 'count', count: 5 });
    else onFrames(by === 'interval' ? { by: 'interval', everyMs: 1000 } : undefined);
  };
  return (
    <div className={frames ? 'grid grid-cols-2 gap-3' : ''}>
      <Field label={t('recipe.convert.frames')}>
        {(field) => (
          <Select
            {...field}
            value={frames?.by ?? ''}
            options={[
              { value: '', label: t('recipe.convert.oneFrame') },
              { value: 'count', label: t('recipe.convert.evenly') },
              { value: 'interval', label: t('recipe.convert.everySeconds') },
            ]}
            onValue={choose}
          />
        )}
      </Field>
      {frames ? (
        <Field label={t(frames.by === 'count' ? 'recipe.convert.howMany' : 'recipe.convert.seconds')}>
          {(field) =>
            frames.by === 'count' ? (
              <NumberInput
                {...field}
                min={1}
                max={500}
                value={frames.count}
                onValue={(value) => onFrames({ by: 'count', count: Math.max(1, Math.min(500, Math.round(value ?? 1))) })}
              />
            ) : (
              <NumberInput
                {...field}
                min={0.04}
                step="any"
                value={frames.everyMs / 1000}
                onValue={(value) =>
                  onFrames({ by: 'interval', everyMs: Math.max(40, Math.min(86_400_000, Math.round((value ?? 1) * 1000))) })
                }
              />
            )
          }
        </Field>
      ) : null}
    </div>
  );
}
