import type { InspectOutcome } from '@pingplex/shared/contracts/engine';
import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { ReactNode } from 'react';
import { type Texts, useTexts } from '../../../i18n/index.ts';
import { Facts, Notice } from '../../../ui/feedback.tsx';
import { formatTag } from '../../files/index.ts';
import { CredentialsCard } from './credentials-card.tsx';

type Row = readonly [string, ReactNode];
const line = (parts: readonly (string | number | null | undefined | false)[]): string => parts.filter(Boolean).join(' · ');

/** EXIF writes `2026:04:12 18:42:07+03:00`; only the look changes, never the moment or its zone. */
const readableTime = (text: string): string => text.replace(/^(\d{4}):(\d\d):(\d\d)/, '$1-$2-$3').replace(/(\d)([+-]\d\d:\d\d)$/, '$1 $2');

/** The facts that a person asks for first. What the file doesn't say isn't shown. */
function rowsOf(file: MediaFileView, inspection: InspectOutcome | null, { t, format, locale }: Texts): Row[] {
  const s = inspection?.summary ?? file.summary ?? {};
  const channels =
    s.channels === undefined
      ? null
      : s.channels === 1
        ? t('summary.mono')
        : s.channels === 2
          ? t('summary.stereo')
          : t('summary.channels', { count: s.channels });
  const megapixels = s.width && s.height && file.kind === 'image' ? format.megapixels(s.width * s.height) : null;
  const place = s.place
    ? `${format.number(Math.abs(s.place.lat), 5)}° ${s.place.lat >= 0 ? t('summary.north') : t('summary.south')}, ${format.number(Math.abs(s.place.lon), 5)}° ${s.place.lon >= 0 ? t('summary.east') : t('summary.west')}`
    : null;
  const rows: [string, string | null][] = [
    [t('summary.file'), file.name],
    [t('summary.folder'), file.folder],
    [
      file.kind === 'video' ? t('summary.picture') : t('summary.image'),
      s.width && s.height
        ? line([
            `${s.width} × ${s.height}`,
            megapixels,
            s.fps === undefined ? null : format.fps(s.fps),
            s.videoCodec,
            s.bitDepth && t('summary.bits', { n: s.bitDepth }),
            s.animated && t('summary.animated'),
            s.hasAlpha && t('summary.alpha'),
          ])
        : null,
    ],
    [
      t('summary.sound'),
      s.audioCodec
        ? line([
            s.audioCodec,
            channels,
            s.sampleRate === undefined ? null : format.hertz(s.sampleRate),
            file.kind === 'audio' && s.bitRate !== undefined ? format.bitRate(s.bitRate) : null,
          ])
        : null,
    ],
    [
      t('summary.length'),
      s.durationMs === undefined
        ? null
        : line([format.clock(s.durationMs, true), file.kind === 'video' && s.bitRate !== undefined ? format.bitRate(s.bitRate) : null]),
    ],
    [t('summary.size'), line([format.bytes(file.sizeBytes), formatTag(file)])],
    [t('summary.colour'), line([s.colourSpace, s.iccProfile]) || null],
    [t('summary.camera'), line([s.camera, s.lens, s.exposure]) || null],
    [t('summary.taken'), s.takenAt === undefined ? null : readableTime(s.takenAt)],
    [t('summary.place'), place],
    [t('summary.title'), line([s.title, s.artist, s.album]) || null],
    [t('summary.software'), s.software ?? null],
    [t('summary.modified'), new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(file.modifiedAt)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

export function SummaryTab({ file, inspection }: { file: MediaFileView; inspection: InspectOutcome | null }) {
  const texts = useTexts();
  const { t, words } = texts;
  const flags = inspection?.privacy.map((flag) => flag.code) ?? file.flags;
  return (
    <div className="flex flex-col gap-3">
      {file.damaged ? (
        <Notice tone="warn" title={t('summary.damaged')}>
          {t('summary.damagedText')}
        </Notice>
      ) : null}
      {file.nameMismatch ? (
        <Notice tone="warn" title={t('summary.mismatch', { format: formatTag(file) })}>
          {t('summary.mismatchText')}
        </Notice>
      ) : null}
      <Facts rows={rowsOf(file, inspection, texts)} />
      {inspection?.credentials ? <CredentialsCard credentials={inspection.credentials} /> : null}
      {flags.length > 0 ? (
        <Notice tone="warn" title={t('privacy.found', { count: flags.length })}>
          {flags.map((flag) => words.privacy[flag].name).join(', ')}
        </Notice>
      ) : null}
    </div>
  );
}
