import { destinationOf } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { formatTime } from '../time-text.ts';

/** What a place asks for, in one line, and since when these rules are known. */
export function DestinationRules({ id }: { id: string }) {
  const { t, format, locale } = useTexts();
  const place = destinationOf(id);
  if (!place) return null;
  const facts = [
    place.format.toUpperCase(),
    place.width && place.height ? `${place.width} × ${place.height}` : null,
    place.maxMs ? t('recipe.convert.upTo', { value: formatTime(place.maxMs) }) : null,
    place.maxBytes ? t('recipe.convert.upTo', { value: format.bytes(place.maxBytes) }) : null,
    place.loudness ? `${format.number(place.loudness.lufs)} LUFS` : null,
    place.sound === false ? t('recipe.convert.silent') : null,
  ];
  return (
    <div
      data-testid="destination-rules"
      className="rounded-md border border-line bg-surface px-2.5 py-2 text-xs text-muted"
      title={place.source[locale]}
    >
      <p className="text-text">{facts.filter(Boolean).join(' · ')}</p>
      <p>{t(place.dated ? 'recipe.convert.rulesOf' : 'recipe.convert.rulesRead', { date: place.rulesOf })}</p>
      <p className="line-clamp-2">{place.source[locale]}</p>
    </div>
  );
}
