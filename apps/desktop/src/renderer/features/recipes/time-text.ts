/** `1:02:03.5`, `2:03`, `83.25` or `83,25`: hours and minutes may be left out, decimals go down to the millisecond. */
const TIME = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,3}))?$/;

/**
 * Milliseconds of a time as people write it.
 * @returns undefined for an empty text, null for one that is no time (seconds and minutes after a colon go up to 59)
 */
export function parseTime(text: string): number | undefined | null {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const match = TIME.exec(trimmed);
  if (!match) return null;
  const [, hours, minutes, seconds = '0', part = ''] = match;
  if ((minutes !== undefined && Number(seconds) > 59) || (hours !== undefined && Number(minutes) > 59)) return null;
  return ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1000 + Number(part.padEnd(3, '0'));
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `m:ss`, with hours and milliseconds only where there are some. */
export function formatTime(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const seconds = Math.floor(whole / 1000);
  const part = whole % 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${head}:${two(seconds % 60)}${part > 0 ? `.${String(part).padStart(3, '0')}` : ''}`;
}
