import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TEXTS } from '@pingplex/shared/text';
import { describe, expect, it } from 'vitest';

const SOURCE = path.join(import.meta.dirname, '../../src');

/** Sources of a folder, by their name. */
function sourcesOf(folder: string): Map<string, string> {
  const root = path.join(SOURCE, folder);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [path.join(folder, name), readFileSync(path.join(root, name), 'utf8')]));
}
const engine = sourcesOf('engine');
const all = new Map([...engine, ...sourcesOf('main'), ...sourcesOf('output')]);

/** Every match of a pattern's first group, with the file that it stands in. */
function found(sources: ReadonlyMap<string, string>, pattern: RegExp): [code: string, name: string][] {
  return [...sources].flatMap(([name, text]) => [...text.matchAll(pattern)].map(([, code]): [string, string] => [code ?? '', name]));
}
/** Word literals that are a value: the whole one, or either side of a choice; not what the choice compares with. */
const literals = (text: string): string[] => [...text.matchAll(/(?:^|[,?:(])\s*'([a-z]\w*)'/g)].map(([, code]) => code ?? '');

/** Where an error that a step is not possible is made: up to the end of the statement. */
const impossible = found(all, /(new AppError\(\s*'engine\.stepNotPossible'[\s\S]*?\);)/g);
const reasons = [
  ...impossible.flatMap(([text]) => literals(/\breason: ([^,}]*)/.exec(text)?.[1] ?? '')),
  ...found(engine, /throw impossible\(\w[\w.]*, \w+, ([^;]*)\);/g).flatMap(([text]) => literals(text)),
];

/** Lines that gather notes, and whole functions that do nothing else. */
const gathering = new Map(
  [...engine].map(([name, text]) => [
    name,
    [...(text.match(/^.*\b(?:notes|troubles)\b.*$/gm) ?? []), ...(text.match(/^function notesOf[\s\S]*?^\}/gm) ?? [])].join('\n'),
  ]),
);
const notes = [
  ...found(gathering, /(?:\b(?:notes|troubles)\.push\(|(?:\?|: | = |\.\.\.)\s*\[)'([^']*)'/g),
  // Notes that carry a figure.
  ...found(engine, /\bnoteWith\('([^']*)'/g),
  // Notes that carry words of a driver.
  ...found(new Map([...engine].filter(([name]) => name.includes('hardware'))), /`([a-z]\w*):\$\{/g),
];

describe('what the engine says has a text', () => {
  it('every step that is not possible gives a reason', () => {
    expect(impossible.length).toBeGreaterThan(10);
    for (const [text, name] of impossible) expect(text, name).toMatch(/\breason\b/);
  });

  it('every reason is known to the texts, and no text is left over', () => {
    expect([...new Set(reasons)].sort()).toEqual(Object.keys(TEXTS.en.remarks.reason).sort());
  });

  it('every note is known to the texts, and no text is left over', () => {
    const codes = notes.map(([code]) => code);
    expect([...new Set(codes)].sort()).toEqual(Object.keys(TEXTS.en.remarks.note).sort());
  });

  it('no note is written as a sentence: words belong to the texts, in both languages', () => {
    for (const [code, name] of notes) expect(code, name).toMatch(/^[a-z][A-Za-z0-9]*$/);
  });
});
