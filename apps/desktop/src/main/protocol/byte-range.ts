export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Reads a `Range` header with one range (RFC 9110 §14.2). Several ranges and other units are answered with the whole file.
 * @param header header value or null
 * @param size length of the file in bytes
 * @returns the range (end inclusive), 'whole', or 'unsatisfiable'
 */
export function parseRange(header: string | null, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = header === null ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return 'whole';
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size) return 'unsatisfiable';
  // An end before the start makes the header invalid, and an invalid header is ignored.
  return end < start ? 'whole' : { start, end };
}
