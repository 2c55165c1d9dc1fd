import type { Letter } from '../../mail/transport.ts';
import { LETTER_TEXTS, type LetterText, type Locale } from './letter-texts.ts';
import { escapeHtml } from './page-frame.ts';

const HELLO: Record<Locale, string> = { en: 'Hello,', ru: 'Здравствуйте!' };

export type LetterKind = keyof typeof LETTER_TEXTS;

/** Writes a letter in the reader's language, as text and as HTML that loads nothing. @param link only for kinds with a button */
export function writeLetter(kind: LetterKind, locale: Locale, values: Record<string, string> = {}, link?: string): Letter {
  const text: LetterText = LETTER_TEXTS[kind][locale];
  const lines = text.lines.map((line) => line.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? ''));
  const plain = [HELLO[locale], '', ...lines, ...(link ? ['', link] : []), '', text.ignore, '', '— pingplex'].join('\n');
  const style = 'font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:34em;margin:2em auto;padding:0 1em';
  const button = 'display:inline-block;padding:.7em 1.2em;background:#1f5eff;color:#fff;border-radius:8px;text-decoration:none';
  const html = `<!doctype html><html lang="${locale}"><body style="${style}"><p>${escapeHtml(HELLO[locale])}</p>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
${link && text.button ? `<p><a style="${button}" href="${escapeHtml(link)}">${escapeHtml(text.button)}</a></p>` : ''}
<p style="color:#666">${escapeHtml(text.ignore)}</p><p>— pingplex</p></body></html>`;
  return { subject: text.subject, text: plain, html };
}
