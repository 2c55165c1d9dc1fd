import { type Locale, sizeText } from '@pingplex/shared/text';

/** Signs of units that Intl has no names for. */
const SIGNS: Readonly<Record<Locale, Readonly<Record<'megabits' | 'kilobits' | 'kilohertz' | 'fps' | 'megapixels' | 'decibels', string>>>> =
  {
    en: { megabits: 'Mb/s', kilobits: 'kb/s', kilohertz: 'kHz', fps: 'fps', megapixels: 'MP', decibels: 'dB' },
    ru: { megabits: 'Мбит/с', kilobits: 'кбит/с', kilohertz: 'кГц', fps: 'кадр/с', megapixels: 'Мп', decibels: 'дБ' },
  };

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
/** Intl objects are dear to make and cheap to keep. */
function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const found = cache.get(key) as T | undefined;
  if (found) return found;
  const made = make();
  cache.set(key, made);
  return made;
}

function number(locale: Locale, digits: number): Intl.NumberFormat {
  return kept(`n${locale}${digits}`, () => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }));
}

function unitFormat(locale: Locale, name: string, digits: number): Intl.NumberFormat {
  return kept(
    `u${locale}${name}${digits}`,
    () => new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }),
  );
}

/** Everything that is shown as a number, a size, a time or a date, in one language. */
export function formats(locale: Locale) {
  const date = (options: Intl.DateTimeFormatOptions, at: number | string): string =>
    kept(`d${locale}${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options)).format(new Date(at));

  /** The unit that a length of time reads best in, and its value there. */
  const scaled = (ms: number): { value: number; name: string; digits: number } => {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 59.5) return { value: Math.max(1, Math.round(seconds)), name: 'second', digits: 0 };
    if (seconds < 3570) return { value: Math.round(seconds / 60), name: 'minute', digits: 0 };
    return { value: Math.round(seconds / 360) / 10, name: 'hour', digits: 1 };
  };
  /** A length of time as people say it: `45 sec`, `3 min`, `2.5 hr`. */
  const span = (ms: number): string => {
    const { value, name, digits } = scaled(ms);
    return unitFormat(locale, name, digits).format(value);
  };

  return {
    /** A plain number with at most `digits` decimals. */
    number: (value: number, digits = 0): string => number(locale, digits).format(value),
    /** Bytes in decimal units, as file managers show them. */
    bytes: (value: number): string => sizeText(locale, value),
    percent: (share: number): string =>
      kept(`p${locale}`, () => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })).format(share),
    /** A change with its sign: credits, loudness. */
    signed: (value: number, digits = 0): string =>
      kept(`s${locale}${digits}`, () => new Intl.NumberFormat(locale, { signDisplay: 'exceptZero', maximumFractionDigits: digits })).format(
        value,
      ),
    date: (at: number | string): string => date({ dateStyle: 'medium' }, at),
    day: (at: number | string): string => date({ day: 'numeric', month: 'short' }, at),
    dateTime: (at: number | string): string => date({ dateStyle: 'medium', timeStyle: 'short' }, at),
    time: (at: number | string): string => date({ timeStyle: 'short' }, at),
    span,
    /** A range of time; one value when both ends read the same. */
    range(low: number, high: number): string {
      const a = scaled(low);
      const b = scaled(high);
      if (a.name !== b.name) return `${span(low)} – ${span(high)}`;
      return a.value === b.value ? span(low) : unitFormat(locale, a.name, a.digits).formatRange(a.value, b.value);
    },
    /** Length of a clip: `0:12`, `1:02:03`; with tenths where asked. */
    clock(ms: number, tenths = false): string {
      const all = Math.max(0, ms) / 1000;
      const whole = tenths ? Math.floor(all) : Math.round(all);
      const two = (value: number): string => String(value).padStart(2, '0');
      const hours = Math.floor(whole / 3600);
      const minutes = Math.floor(whole / 60) % 60;
      const text = hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
      return tenths ? `${text}.${Math.floor((all - whole) * 10)}` : text;
    },
    /** Bits per second. */
    bitRate: (value: number): string =>
      value >= 1e6
        ? `${number(locale, 1).format(value / 1e6)} ${SIGNS[locale].megabits}`
        : `${number(locale, 0).format(value / 1e3)} ${SIGNS[locale].kilobits}`,
    hertz: (value: number): string => `${number(locale, 1).format(value / 1000)} ${SIGNS[locale].kilohertz}`,
    fps: (value: number): string => `${number(locale, 2).format(value)} ${SIGNS[locale].fps}`,
    /** Pixels of a picture in millions. */
    megapixels: (pixels: number): string => `${number(locale, 1).format(pixels / 1e6)} ${SIGNS[locale].megapixels}`,
    decibels: (value: number): string => `${number(locale, 1).format(value)} ${SIGNS[locale].decibels}`,
  };
}
export type Formats = ReturnType<typeof formats>;
