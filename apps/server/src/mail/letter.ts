import type { Letter } from './transport.ts';

export type Locale = 'en' | 'ru';
/** What a letter says; `{name}` in a line stands for a value. `button` only where the letter leads somewhere. */
export type LetterText = { subject: string; lines: readonly string[]; button?: string; ignore: string };

const HELLO: Record<Locale, string> = { en: 'Hello,', ru: 'Здравствуйте!' };

/** Writes a letter as text and as HTML that loads nothing. @param link only for letters with a button */
export function renderLetter(text: LetterText, locale: Locale, values: Readonly<Record<string, string>> = {}, link?: string): Letter {
  const lines = text.lines.map((line) => line.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? ''));
  const plain = [HELLO[locale], '', ...lines, ...(link ? ['', link] : []), '', text.ignore, '', '— pingplex'].join('\n');
  const style = 'font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:34em;margin:2em auto;padding:0 1em';
  const button = 'display:inline-block;padding:.7em 1.2em;background:#1f5eff;color:#fff;border-radius:8px;text-decoration:none';
  const html = `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"></head><body style="${style}"><p>${escapeHtml(HELLO[locale])}</p>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
${link && text.button ? `<p><a style="${button}" href="${escapeHtml(link)}">${escapeHtml(text.button)}</a></p>` : ''}
<p style="color:#666">${escapeHtml(text.ignore)}</p><p>— pingplex</p></body></html>`;
  return { subject: text.subject, text: plain, html };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (value: string): string => value.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
