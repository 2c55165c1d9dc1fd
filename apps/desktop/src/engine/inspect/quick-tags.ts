import type { Tag } from '@pingplex/shared/contracts/engine';
import { cutText } from '../binaries/cut-text.ts';
import type { ByteSource } from '../probe/byte-source.ts';
import type { Sniffed } from '../probe/sniff.ts';
import { quickKey } from './quick-keys.ts';

/** Formats whose metadata may stand behind the picture are read further than the head, up to this. */
const WHOLE_FILE_BYTES = 2 * 1024 * 1024;
const READABLE = new Set(['jpeg', 'png', 'webp', 'gif', 'heic', 'avif', 'tiff', 'jxl', 'raw']);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map((item) => text(isRecord(item) && 'value' in item ? item['value'] : item)).join(', ');
  return '';
}

function machine(value: unknown): string | number | undefined {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof only === 'string' || typeof only === 'number' ? only : undefined;
}

function toTag(key: string, entry: unknown): Tag | undefined {
  if (!isRecord(entry))
    return typeof entry === 'string' || typeof entry === 'number'
      ? { key, value: cutText(String(entry)).text, source: 'quick' }
      : undefined;
  const shown = cutText(
    (text(entry['description']) || text(entry['value']))
      .replaceAll('\0', '')
      .trim()
      .replace(/^(\d+)px$/, '$1'),
  );
  const raw = machine(entry['value']);
  const cut = typeof raw === 'string' ? cutText(raw).text : raw;
  return {
    key,
    value: shown.text,
    source: 'quick',
    ...(cut !== undefined && String(cut) !== shown.text ? { raw: cut } : {}),
    ...(shown.truncated ? { truncated: true } : {}),
  };
}

function dms(degrees: number, positive: string, negative: string): string {
  const all = Math.abs(degrees);
  const whole = Math.floor(all);
  const minutes = Math.floor((all - whole) * 60);
  const seconds = ((all - whole) * 60 - minutes) * 60;
  return `${whole} deg ${minutes}' ${seconds.toFixed(2)}" ${degrees < 0 ? negative : positive}`;
}

function position(gps: unknown): Tag[] {
  if (!isRecord(gps)) return [];
  const { Latitude: lat, Longitude: lon } = gps;
  if (typeof lat !== 'number' || typeof lon !== 'number' || !Number.isFinite(lat) || !Number.isFinite(lon)) return [];
  return [
    { key: 'Composite:GPSLatitude', value: dms(lat, 'N', 'S'), raw: lat, source: 'quick' },
    { key: 'Composite:GPSLongitude', value: dms(lon, 'E', 'W'), raw: lon, source: 'quick' },
  ];
}

function credentials(bytes: Buffer): Tag[] {
  return bytes.includes('jumb') && bytes.includes('c2pa') ? [{ key: 'JUMBF:JUMDLabel', value: 'c2pa', source: 'quick' }] : [];
}

/**
 * Metadata that stands in the first bytes of a picture, read without any outside program.
 * @returns tags under ExifTool's names where they are known; empty for sound and film, and for what can't be parsed
 */
export async function quickTags(source: ByteSource, sniffed: Sniffed): Promise<Tag[]> {
  if (!READABLE.has(sniffed.format)) return credentials(source.head);
  const behind = sniffed.format !== 'jpeg' && source.sizeBytes > source.head.length && source.sizeBytes <= WHOLE_FILE_BYTES;
  const bytes = behind ? await source.read(0, source.sizeBytes) : source.head;
  const { default: reader } = await import('exifreader');
  let groups: Readonly<Record<string, unknown>>;
  try {
    // Synchronous on purpose: the asynchronous way also unfolds compressed texts, whatever their size.
    groups = reader.load(bytes, { expanded: true }) as unknown as Readonly<Record<string, unknown>>;
  } catch {
    return credentials(bytes);
  }
  const tags = new Map<string, Tag>();
  for (const [group, entries] of Object.entries(groups)) {
    if (!isRecord(entries) || group === 'gps') continue;
    for (const [name, entry] of Object.entries(entries)) {
      const key = quickKey(group, name);
      const tag = key === undefined || tags.has(key) ? undefined : toTag(key, entry);
      if (tag) tags.set(tag.key, tag);
    }
  }
  return [...tags.values(), ...position(groups['gps']), ...credentials(bytes)];
}
