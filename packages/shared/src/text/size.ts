import type { Locale } from './types.ts';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const made = new Map<string, Intl.NumberFormat>();

/** Bytes in decimal units, as file managers show them: `4.2 MB`. */
export function sizeText(locale: Locale, bytes: number): string {
  let step = 0;
  let size = bytes;
  while (size >= 999.5 && step < UNITS.length - 1) {
    size /= 1000;
    step += 1;
  }
  const unit = UNITS[step] ?? 'byte';
  const maximumFractionDigits = size < 9.95 && step > 0 ? 1 : 0;
  const key = `${locale} ${unit} ${maximumFractionDigits}`;
  // Intl objects are dear to make and cheap to keep.
  const format = made.get(key) ?? new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits });
  made.set(key, format);
  return format.format(size);
}
