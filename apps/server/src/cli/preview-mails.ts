import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type LetterText, type Locale, renderLetter } from '../mail/letter.ts';
import { LETTER_TEXTS } from '../modules/auth/letter-texts.ts';

const HELP = `npm run mails -- --out DIR

Writes every mail that the server can send, in both languages, as text and HTML, and a page that leads to them all.
  --out DIR   where to (made when it isn't there)
  --help      this text
`;

/** Every letter by the part of the product that sends it. */
const LETTERS: Readonly<Record<string, Readonly<Record<string, Record<Locale, LetterText>>>>> = { accounts: LETTER_TEXTS };
/** Stands in for what a real letter tells. */
const VALUES = { device: 'Studio Mac', google: 'you@gmail.com', left: '9' };

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help || values.out === undefined) {
    (values.help ? process.stdout : process.stderr).write(HELP);
    return values.help ? 0 : 2;
  }
  const out = path.resolve(values.out);
  await mkdir(out, { recursive: true });
  const rows: string[] = [];
  for (const [part, letters] of Object.entries(LETTERS)) {
    for (const [kind, texts] of Object.entries(letters)) {
      const links: string[] = [];
      for (const locale of ['en', 'ru'] as const) {
        const link = texts[locale].button === undefined ? undefined : `https://pingplex.example/mail/${kind}?lang=${locale}#token=example`;
        const letter = renderLetter(texts[locale], locale, VALUES, link);
        const name = `${part}-${kind}.${locale}`;
        await writeFile(path.join(out, `${name}.html`), letter.html);
        await writeFile(path.join(out, `${name}.txt`), `${letter.subject}\n\n${letter.text}\n`);
        links.push(`<a href="${name}.html">${letter.subject}</a> (<a href="${name}.txt">txt</a>)`);
      }
      rows.push(`<tr><td>${part}</td><td>${kind}</td><td>${links.join('</td><td>')}</td></tr>`);
    }
  }
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mails</title></head><body><table>${rows.join('\n')}</table></body></html>`;
  await writeFile(path.join(out, 'index.html'), page);
  process.stdout.write(`${JSON.stringify({ page: path.join(out, 'index.html'), mails: rows.length })}\n`);
  return 0;
}

process.exitCode = await main();
