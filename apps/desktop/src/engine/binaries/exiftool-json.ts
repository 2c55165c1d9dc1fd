import type { Tag } from '@pingplex/shared/contracts/engine';
import { cutText } from './cut-text.ts';

type Scalar = string | number | boolean;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A value as ExifTool itself prints it on a line: lists joined by a comma, structures as JSON. */
function print(value: unknown): string {
  if (Array.isArray(value)) return value.map(print).join(', ');
  if (isScalar(value)) return String(value);
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function toTag(key: string, entry: unknown): Tag {
  const long = isRecord(entry) && 'val' in entry;
  const shown = cutText(print(long ? entry['val'] : entry));
  const machine = long && 'num' in entry ? entry['num'] : undefined;
  const raw = machine === undefined ? undefined : isScalar(machine) ? machine : print(machine);
  const kept = typeof raw === 'string' ? cutText(raw).text : raw;
  return {
    key,
    value: shown.text,
    source: 'exiftool',
    ...(kept !== undefined && kept !== shown.text ? { raw: kept } : {}),
    ...(shown.truncated ? { truncated: true } : {}),
  };
}

/**
 * Reads the answer of `exiftool -j -l -G1`: one object per file, each tag `{desc, val, num?}`.
 * @throws SyntaxError when the text is no JSON
 */
export function parseTags(output: string): Tag[] {
  const parsed: unknown = JSON.parse(output);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
  if (!isRecord(first)) return [];
  return Object.entries(first)
    .filter(([key]) => key !== 'SourceFile')
    .map(([key, entry]) => toTag(key, entry));
}
