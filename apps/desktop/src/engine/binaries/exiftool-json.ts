import type { Tag } from '@pingplex/shared/contracts/engine';
import { cutText } from './cut-text.ts';

/** A number as it stood in the text: `1.10` is not `1.1` when it is a version. */
class PrintedNumber {
  readonly text: string;
  readonly value: number;

  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

type Scalar = string | boolean | PrintedNumber;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof PrintedNumber);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || value instanceof PrintedNumber;
}

/** Without the marks of `PrintedNumber`, for printing a structure as JSON again. */
function plain(value: unknown): unknown {
  if (value instanceof PrintedNumber) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)])) : value;
}

/** A value as ExifTool itself prints it on a line: lists joined by a comma, structures as JSON. */
function print(value: unknown): string {
  if (Array.isArray(value)) return value.some(isRecord) ? JSON.stringify(plain(value)) : value.map(print).join(', ');
  if (value instanceof PrintedNumber) return value.text;
  if (isScalar(value)) return String(value);
  return value === null || value === undefined ? '' : JSON.stringify(plain(value));
}

function machineValue(value: unknown): Tag['raw'] {
  if (value === undefined) return undefined;
  // Whole numbers that a double can't hold, such as long serials, stay text.
  if (value instanceof PrintedNumber) return Number.isInteger(value.value) && !Number.isSafeInteger(value.value) ? value.text : value.value;
  const text = typeof value === 'boolean' ? value : print(value);
  return typeof text === 'string' ? cutText(text).text : text;
}

type Name = Pick<Tag, 'key' | 'copy'>;

/**
 * ExifTool numbers values of one name over all groups (`GPS:Copy1:GPSLatitude` beside `Composite:GPSLatitude`); we number per group. The
 * lowest number is the value that ExifTool shows when it shows only one.
 */
const COPY = /^([^:]+):Copy(\d+):(.+)$/s;

function namesOf(keys: readonly string[]): Name[] {
  const parts = keys.map((full) => {
    const [, group, number, name] = COPY.exec(full) ?? [];
    return number === undefined ? { key: full, number: 0 } : { key: `${group}:${name}`, number: Number(number) };
  });
  const byKey = Map.groupBy(parts, ({ key }) => key);
  const ranks = new Map(
    [...byKey.values()].flatMap((same) => same.toSorted((a, b) => a.number - b.number).map((part, rank) => [part, rank])),
  );
  return parts.map((part) => {
    const copy = ranks.get(part) ?? 0;
    return copy === 0 ? { key: part.key } : { key: part.key, copy };
  });
}

function toTag(name: Name, entry: unknown): Tag {
  const long = isRecord(entry) && 'val' in entry;
  const shown = cutText(print(long ? entry['val'] : entry));
  const raw = machineValue(long ? entry['num'] : undefined);
  return {
    ...name,
    value: shown.text,
    source: 'exiftool',
    ...(raw !== undefined && raw !== shown.text ? { raw } : {}),
    ...(shown.truncated ? { truncated: true } : {}),
  };
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

/** The third parameter (ES2025, Node 22 and newer) shows how a number was written. */
const keepDigits = ((_key: string, value: unknown, { source }: { source?: string }) =>
  typeof value === 'number' ? new PrintedNumber(source ?? String(value), value) : value) as Reviver;

/**
 * Reads the answer of `exiftool -j -l -G1` or `-G1:4`: one object per file, each tag `{desc, val, num?}`.
 * @throws SyntaxError when the text is no JSON
 */
export function parseTags(output: string): Tag[] {
  const parsed: unknown = JSON.parse(output, keepDigits);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
  if (!isRecord(first)) return [];
  const entries = Object.entries(first).filter(([key]) => key !== 'SourceFile');
  const names = namesOf(entries.map(([key]) => key));
  return entries.map(([key, entry], at) => toTag(names[at] ?? { key }, entry));
}
