import type { PrivacyFlagCode } from '@pingplex/shared/contracts/engine';
import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import { FORMATS, type MediaFormat, type ResultFormat } from '@pingplex/shared/domain';
import type { TextKey } from '../../i18n/index.ts';
import type { Formats } from '../../lib/format.ts';

/** Format as people write it: the extension of the file's own name when it belongs to the format. */
export function formatTag({ name, format }: { readonly name: string; readonly format: ResultFormat }): string {
  const ext = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const extensions: readonly string[] = Object.hasOwn(FORMATS, format) ? FORMATS[format as MediaFormat].extensions : [];
  return (format !== 'raw' && format !== 'jpeg' && extensions.includes(ext) ? ext : format === 'jpeg' ? 'jpg' : format).toUpperCase();
}

/** Size of the picture as it is shown: `3840 × 2160`. */
export function dimensions(file: Pick<MediaFileView, 'summary'>): string | null {
  const { width, height } = file.summary ?? {};
  return width && height ? `${width} × ${height}` : null;
}

/** The second line of a card: size on disk and what matters most for the kind. */
export function cardLine(file: MediaFileView, format: Formats): string {
  const size = format.bytes(file.sizeBytes);
  const duration = file.summary?.durationMs;
  const second = file.kind === 'audio' ? (duration === undefined ? null : format.clock(duration)) : dimensions(file);
  return second ? `${size} · ${second}` : size;
}

type Mark = { readonly flag: PrivacyFlagCode; readonly label: TextKey };

/** Flags that deserve a mark on the card, most telling first, with the mark's short text. */
const MARKS: readonly Mark[] = [
  { flag: 'gps', label: 'files.mark.gps' },
  { flag: 'contact', label: 'files.mark.contact' },
  { flag: 'personName', label: 'files.mark.personName' },
  { flag: 'serialNumber', label: 'files.mark.serialNumber' },
  { flag: 'aiPrompt', label: 'files.mark.aiPrompt' },
  { flag: 'placeName', label: 'files.mark.placeName' },
  { flag: 'embeddedThumbnail', label: 'files.mark.embeddedThumbnail' },
];
export const markOf = (flags: readonly PrivacyFlagCode[]): Mark | undefined => MARKS.find(({ flag }) => flags.includes(flag));

/** True when the file has a thumbnail that is worth asking for. */
export const isBroken = (file: MediaFileView): boolean => file.state === 'failed' || file.state === 'missing';
