/** Longest metadata value that we hand on, in bytes of UTF-8. */
const MAX_VALUE_BYTES = 64 * 1024;

/** Cuts a text at 64 kB, between characters. */
export function cutText(text: string): { text: string; truncated: boolean } {
  // A UTF-16 unit is at most three bytes, so short texts need no counting.
  if (text.length * 3 <= MAX_VALUE_BYTES || Buffer.byteLength(text) <= MAX_VALUE_BYTES) return { text, truncated: false };
  const cut = Buffer.from(text)
    .subarray(0, MAX_VALUE_BYTES)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
  return { text: cut, truncated: true };
}
