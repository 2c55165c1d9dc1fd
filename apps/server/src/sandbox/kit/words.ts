import { createHash } from 'node:crypto';

const WORDS = (
  'light river quiet stone window paper garden early silver market open thread winter colour small bridge story morning ' +
  'people green music simple road hand water letter bright corner evening field answer made picture often little town'
).split(' ');

/**
 * A text that says what it is, then words that follow from the prompt: the same order always gives the same text. Each entry is a token.
 * @param most how many there may be at most
 */
export function words(prompt: string, most: number): string[] {
  const seed = createHash('sha256').update(prompt).digest();
  const head = ['SANDBOX:', ' a', ' stand-in', ' wrote', ' this.'];
  const count = 40 + ((seed[0] ?? 0) % 60);
  const body = Array.from({ length: count }, (_, n) => {
    const word = WORDS[((seed[n % 32] ?? 0) + n * 7) % WORDS.length] ?? 'word';
    return n % 12 === 0 ? `\n\n${word[0]?.toUpperCase()}${word.slice(1)}` : n % 12 === 11 ? ` ${word}.` : ` ${word}`;
  });
  return [...head, ...body].slice(0, most);
}
