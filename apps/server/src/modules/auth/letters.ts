import { type Locale, renderLetter } from '../../mail/letter.ts';
import type { Letter } from '../../mail/transport.ts';
import { LETTER_TEXTS } from './letter-texts.ts';

export type LetterKind = keyof typeof LETTER_TEXTS;

/** Writes a letter of accounts in the reader's language. @param link only for kinds with a button */
export function writeLetter(kind: LetterKind, locale: Locale, values: Record<string, string> = {}, link?: string): Letter {
  return renderLetter(LETTER_TEXTS[kind][locale], locale, values, link);
}
