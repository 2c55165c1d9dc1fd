import type { Distance, Quality } from '@pingplex/shared/contracts/engine';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import { isWeightyNote, TEXTS } from '@pingplex/shared/text';
import type { ReactNode } from 'react';
import { type Texts, useTexts } from '../../../i18n/index.ts';
import { Badge, Facts, StateDot } from '../../../ui/feedback.tsx';

const BAND_TONE = { same: 'bad', weak: 'warn', distinct: 'ok', strong: 'ok' } as const;

/** The measured parts of a distance in one line. */
function distanceParts({ pdq, frameMatch, audioSimilarity }: Distance, { t, format }: Texts): string {
  return [
    pdq === undefined ? null : t('results.pdq', { n: format.number(pdq) }),
    frameMatch === undefined ? null : t('results.frames', { n: format.percent(frameMatch) }),
    audioSimilarity === undefined ? null : t('results.sound', { n: format.number(audioSimilarity, 2) }),
  ]
    .filter(Boolean)
    .join(' · ');
}

function DistanceLine({ distance }: { distance: Distance }) {
  const texts = useTexts();
  const parts = distanceParts(distance, texts);
  const untold = texts.untold(distance);
  return (
    <StateDot tone={untold === null ? BAND_TONE[distance.band] : 'quiet'}>
      {untold ?? `${texts.words.band[distance.band]} · ${texts.t('results.score', { n: texts.format.number(distance.score) })}`}
      {parts ? <span className="text-muted"> · {parts}</span> : null}
    </StateDot>
  );
}

function qualityLine({ ssim, psnr, loudnessDelta, spectral }: Quality, { t, format }: Texts): string {
  return [
    ssim === undefined ? null : `SSIM ${format.number(ssim, 3)}`,
    psnr === undefined ? null : `PSNR ${format.decibels(psnr)}`,
    spectral === undefined ? null : t('results.spectral', { n: format.number(spectral, 2) }),
    loudnessDelta === undefined ? null : `${format.signed(loudnessDelta, 1)} LU`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What was remarked on the way to a result, weighty things first, each once. */
export function notesOf({ measurements: { clean, notes, fromSource } }: ResultView): string[] {
  const all = new Set([...(clean?.notes ?? []), ...(notes ?? []), ...(fromSource?.notes ?? [])]);
  return [...all].sort((a, b) => Number(isWeightyNote(b)) - Number(isWeightyNote(a)));
}

/** Every figure of a result: measured, verified or paid, never decorative. */
export function Figures({ result }: { result: ResultView }) {
  const texts = useTexts();
  const { t, words, format, untold } = texts;
  const { clean, variant, fromSource, nearestSister, quality, generation, width, height, durationMs } = result.measurements;
  const notes = notesOf(result);
  const quick = quality ? qualityLine(quality, texts) : '';
  const rows: (readonly [string, ReactNode])[] = [];
  if (clean) {
    rows.push([
      t('results.removed'),
      <StateDot key="removed" tone={clean.verified ? 'ok' : 'bad'}>
        {clean.outcome === 'alreadyClean' ? t('results.alreadyClean') : t('results.tags', { count: clean.removed.length })} ·{' '}
        {clean.verified ? t('results.verified') : t('results.notVerified')}
      </StateDot>,
    ]);
    rows.push([t('results.kept'), clean.kept.length === 0 ? t('results.nothing') : clean.kept.join(', ')]);
    rows.push([words.kind[result.kind], clean.bitIdentical ? t('results.bitIdentical') : t('results.notBitIdentical')]);
  }
  if (fromSource) rows.push([t('results.distance'), <DistanceLine key="distance" distance={fromSource} />]);
  if (nearestSister) rows.push([t('results.sister'), <DistanceLine key="sister" distance={nearestSister} />]);
  if (quick) rows.push([t('results.quality'), quick]);
  if (variant) {
    rows.push([
      t('results.variant'),
      <span key="variant">
        {t('results.variantN', { n: variant.n })} · {t('results.attempts', { count: variant.attempts })}
        {variant.targetReached || (fromSource && untold(fromSource)) ? null : (
          <span className="block text-warn" data-testid="target-missed">
            {t('results.targetMissed')}
            {(variant.missed ?? []).map((what) => (
              <span key={what} className="block" data-missed={what}>
                {TEXTS[texts.locale].report.missed[what]}
              </span>
            ))}
          </span>
        )}
      </span>,
    ]);
  }
  if (generation) {
    rows.push([
      t('results.paid'),
      <span key="paid">
        {t('run.credits', { count: generation.credits })} · {generation.modelId}{' '}
        {generation.sandbox ? <Badge tone="accent">{t('common.sandbox')}</Badge> : null}
      </span>,
    ]);
  }
  if (notes.length > 0) {
    rows.push([
      t('results.notes'),
      <ul key="notes" data-testid="result-notes" className="flex flex-col gap-0.5">
        {notes.map((note) => (
          <li key={note} data-note={note}>
            {isWeightyNote(note) ? <StateDot tone="warn">{texts.note(note)}</StateDot> : texts.note(note)}
          </li>
        ))}
      </ul>,
    ]);
  }
  rows.push([
    t('results.file'),
    [
      format.bytes(result.sizeBytes),
      result.format.toUpperCase(),
      width && height ? `${width} × ${height}` : null,
      durationMs ? format.clock(durationMs) : null,
    ]
      .filter(Boolean)
      .join(' · '),
  ]);
  return <Facts rows={rows} />;
}

/** The one figure that tells most about a result, for its card. */
export function keyFigure(result: ResultView, { t, words, format, untold }: Texts): string {
  const { clean, fromSource, quality, generation } = result.measurements;
  if (fromSource) {
    const without = untold(fromSource);
    if (without !== null) return without;
    const second = quality?.ssim ?? quality?.spectral;
    return `${words.band[fromSource.band]} · ${format.number(fromSource.score)}${second === undefined ? '' : ` · Q ${format.number(second, 2)}`}`;
  }
  if (generation) return t('run.credits', { count: generation.credits });
  if (clean) return clean.outcome === 'alreadyClean' ? t('results.alreadyClean') : t('results.tags', { count: clean.removed.length });
  return format.bytes(result.sizeBytes);
}
