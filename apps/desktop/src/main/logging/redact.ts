const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\b/g, '[token]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [secret]'],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, '[key]'],
  [/[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}/g, '[e-mail]'],
  [/\b[A-Za-z0-9_-]{40,}\b/g, '[secret]'],
];

/**
 * Takes out of a text what may identify or unlock: tokens, keys, e-mail addresses, the home folder.
 * @param text any text
 * @param homeDir user's home folder; empty leaves paths alone
 */
export function redactText(text: string, homeDir: string): string {
  const shortened = homeDir === '' ? text : text.replaceAll(homeDir, '~');
  return PATTERNS.reduce((result, [pattern, instead]) => result.replace(pattern, instead), shortened);
}
