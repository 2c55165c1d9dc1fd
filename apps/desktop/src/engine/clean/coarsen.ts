import type { Tag } from '@pingplex/shared/contracts/engine';
import type { Coarsen, CoarsePlace, CoarseTime } from '@pingplex/shared/domain';
import { belongsTo } from './keep-groups.ts';

/** What is written instead of the exact values. Nothing here is more exact than the source. */
export type Coarse = {
  readonly place?: { readonly lat?: number; readonly lon?: number; readonly names: Readonly<Partial<Record<PlaceName, string>>> };
  /** `2024`, `2024-05` or `2024-05-06`. */
  readonly date?: string;
};
type PlaceName = 'City' | 'State' | 'Country';

/** Decimals of a degree: two are about 1.1 km, one is about 11 km. */
const DECIMALS: Readonly<Record<CoarsePlace, number>> = { city: 2, region: 1 };
const NAMES: Readonly<Record<CoarsePlace, readonly PlaceName[]>> = { city: ['City', 'State', 'Country'], region: ['State', 'Country'] };
const TAGS_OF_NAME: Readonly<Record<PlaceName, RegExp>> = {
  City: /^(?:XMP-photoshop|IPTC|Keys|UserData):City$/u,
  State: /^(?:XMP-photoshop:State|IPTC:Province-State)$/u,
  Country: /^(?:XMP-photoshop:Country|IPTC:Country-PrimaryLocationName)$/u,
};
const DATE_PARTS: Readonly<Record<CoarseTime, number>> = { year: 1, month: 2, day: 3 };
/** Where the moment of capture stands, best first. */
const DATES: readonly RegExp[] = [
  /:(?:DateTimeOriginal|DateTimeDigitized)$/u,
  /^(?:XMP-photoshop:DateCreated|IPTC:DateCreated)$/u,
  /^(?:ExifIFD|XMP-xmp|Keys):(?:CreateDate|CreationDate)$/u,
  /:(?:ContentCreateDate|RecordingTime|Date|Year|OriginalReleaseTime|DateReleased|CreationTime)$/u,
  /^QuickTime:CreateDate$/u,
];
const oneLine = (text: string): string => text.replace(/[\r\n]+/gu, ' ').trim();

function degrees(tags: readonly Tag[], name: string, limit: number): number | undefined {
  const found = tags.find((tag) => tag.key === `Composite:${name}`) ?? tags.find((tag) => tag.key === `XMP-exif:${name}`);
  const value = Number(found?.raw ?? found?.value ?? Number.NaN);
  return Number.isFinite(value) && Math.abs(value) <= limit ? value : undefined;
}

/** A position as Matroska and OGG hold it (ISO 6709, `+48.8584+002.2945/`). */
function writtenPosition(tags: readonly Tag[]): { lat: number; lon: number } | undefined {
  for (const tag of tags) {
    const [, lat, lon] = belongsTo(tag.key, 'place') ? (/^([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)/u.exec(tag.value) ?? []) : [];
    if (lat !== undefined && lon !== undefined) return { lat: Number(lat), lon: Number(lon) };
  }
  return undefined;
}

const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));

function coarsePlace(tags: readonly Tag[], how: CoarsePlace): Coarse['place'] {
  const written = writtenPosition(tags);
  const [lat, lon] = [degrees(tags, 'GPSLatitude', 90) ?? written?.lat, degrees(tags, 'GPSLongitude', 180) ?? written?.lon];
  const names = Object.fromEntries(
    NAMES[how].flatMap((name) => {
      const value = oneLine(tags.find((tag) => TAGS_OF_NAME[name].test(tag.key))?.value ?? '');
      return value === '' ? [] : [[name, value]];
    }),
  );
  const position = lat === undefined || lon === undefined ? {} : { lat: rounded(lat, DECIMALS[how]), lon: rounded(lon, DECIMALS[how]) };
  return 'lat' in position || Object.keys(names).length > 0 ? { ...position, names } : undefined;
}

function coarseDate(tags: readonly Tag[], how: CoarseTime): string | undefined {
  for (const pattern of DATES) {
    for (const tag of tags) {
      const parts = pattern.test(tag.key) ? /^(\d{4})(?:[:-](\d\d)(?:[:-](\d\d))?)?/u.exec(tag.value) : null;
      if (parts === null || parts[1] === '0000') continue;
      const known = parts.slice(1).filter((part) => part !== undefined && part !== '00');
      return known.slice(0, DATE_PARTS[how]).join('-');
    }
  }
  return undefined;
}

/** Reads place and time out of a source's tags and makes them as inexact as is wanted. */
export function coarseFrom(tags: readonly Tag[], wanted: Coarsen | undefined): Coarse {
  const place = wanted?.place && coarsePlace(tags, wanted.place);
  const date = wanted?.time && coarseDate(tags, wanted.time);
  return { ...(place ? { place } : {}), ...(date ? { date } : {}) };
}

/**
 * ExifTool's arguments that write the values into a picture. EXIF knows no date without a time of day, so the date goes into XMP, which
 * does.
 */
export function coarsePictureArgs({ place, date }: Coarse): string[] {
  const args: string[] = [];
  if (place?.lat !== undefined && place.lon !== undefined) {
    args.push(`-GPS:GPSLatitude=${Math.abs(place.lat)}`, `-GPS:GPSLatitudeRef=${place.lat < 0 ? 'S' : 'N'}`);
    args.push(`-GPS:GPSLongitude=${Math.abs(place.lon)}`, `-GPS:GPSLongitudeRef=${place.lon < 0 ? 'W' : 'E'}`);
  }
  for (const [name, value] of Object.entries(place?.names ?? {})) args.push(`-XMP-photoshop:${name}=${value}`);
  if (date !== undefined) args.push(`-XMP-photoshop:DateCreated=${date.replaceAll('-', ':')}`);
  return args;
}

const signed = (value: number, digits: number): string =>
  `${value < 0 ? '-' : '+'}${Math.abs(value)
    .toFixed(2)
    .padStart(digits + 3, '0')}`;

/** FFmpeg's metadata with the values: ISO 6709 for the place, ISO 8601 for the date. */
export function coarseContainerTags({ place, date }: Coarse): Record<string, string> {
  const { lat, lon } = place ?? {};
  return {
    ...(lat === undefined || lon === undefined ? {} : { location: `${signed(lat, 2)}${signed(lon, 3)}/` }),
    ...(date === undefined ? {} : { date }),
  };
}

const near = (value: unknown, wanted: number | undefined): boolean =>
  wanted !== undefined && Math.abs(Math.abs(Number(value)) - Math.abs(wanted)) < 1e-4;

/** Both numbers of a position such as `48.86 N, 2.29 E`. */
function isPosition(tag: Tag, place: NonNullable<Coarse['place']>): boolean {
  const numbers = String(tag.raw ?? tag.value).match(/-?\d+(?:\.\d+)?/gu) ?? [];
  return near(numbers[0], place.lat) && near(numbers[1], place.lon);
}

/** True for a tag of a cleaned file that says what was coarsened, exactly as coarse as it was wanted. */
export function isCoarse(tag: Tag, { place, date }: Coarse): boolean {
  const name = tag.key.slice(tag.key.indexOf(':') + 1);
  if (place && belongsTo(tag.key, 'place')) {
    if (/^GPS(?:Latitude|Longitude)Ref$/u.test(name)) return true;
    if (name === 'GPSLatitude') return near(tag.raw ?? tag.value, place.lat);
    if (name === 'GPSLongitude') return near(tag.raw ?? tag.value, place.lon);
    if (/^(?:GPSCoordinates|Location)\b/u.test(name)) return isPosition(tag, place);
    if (name === 'LocationInformation') {
      const [, lat, lon] = /Lat=(-?[\d.]+) Lon=(-?[\d.]+)/u.exec(tag.value) ?? [];
      return near(lat, place.lat) && near(lon, place.lon);
    }
    return (Object.entries(place.names) as [PlaceName, string][]).some(
      ([key, value]) => TAGS_OF_NAME[key].test(tag.key) && tag.value === value,
    );
  }
  return date !== undefined && belongsTo(tag.key, 'time') && tag.value.replaceAll(':', '-') === date;
}

/** Short keys that say what became of the groups to be coarsened, in a file that had them. */
export function coarseNotes(after: readonly Tag[], wanted: Coarsen | undefined, coarse: Coarse): string[] {
  const notes: string[] = [];
  const isThere = (group: 'place' | 'time') => after.some((tag) => belongsTo(tag.key, group) && isCoarse(tag, coarse));
  if (wanted?.place !== undefined && coarse.place !== undefined) {
    if (isThere('place')) notes.push('placeCoarsened');
    else notes.push('placeNotCoarsened');
  }
  if (wanted?.time !== undefined && coarse.date !== undefined) {
    if (isThere('time')) notes.push('timeCoarsened');
    else notes.push('timeNotCoarsened');
  }
  return notes;
}
