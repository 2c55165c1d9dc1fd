// Fails when a page names a file or an npm script that doesn't exist, or a feature whose test isn't there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './lib/paths.mjs';

const scripts = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')).scripts;
const docs = existsSync(path.join(ROOT, 'docs'))
  ? readdirSync(path.join(ROOT, 'docs'), { recursive: true }).map((name) => path.join('docs', String(name)))
  : [];
const pages = ['README.md', 'CONTRIBUTING.md', ...docs].filter((page) => page.endsWith('.md') && existsSync(path.join(ROOT, page)));
/** Made at run time or meant as an example. */
const MADE = /node_modules|\/out\/|^out\/|demo-output|^samples|\.pingplex|report\.json|[*<>{}…]|\/generated/;

const problems = [];
for (const page of pages) {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  for (const [, name] of text.matchAll(/npm run (?:-s )?([a-z][a-z0-9:-]*)/g)) {
    if (!(name in scripts)) problems.push(`${page}: there is no npm script "${name}"`);
  }
  for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
    if (!existsSync(path.resolve(ROOT, path.dirname(page), target))) problems.push(`${page}: the link ${target} leads nowhere`);
  }
  for (const [, name] of text.matchAll(/`((?:apps|packages|scripts|docs|\.github|\.ci)\/[^`\s]*)`/g)) {
    if (!MADE.test(name) && !existsSync(path.join(ROOT, name))) problems.push(`${page}: ${name} does not exist`);
  }
}
const features = existsSync(path.join(ROOT, 'docs/features.md')) ? readFileSync(path.join(ROOT, 'docs/features.md'), 'utf8') : '';
for (const [, row, files] of features.matchAll(/^\| (\d+) \|[^|]*\|([^|]*)\|$/gm)) {
  for (const [, file] of files.matchAll(/`([^`]+)`/g)) {
    const text = existsSync(path.join(ROOT, file)) ? readFileSync(path.join(ROOT, file), 'utf8') : '';
    if (!new RegExp(`\\brow ${row}\\b`).test(text)) problems.push(`docs/features.md: ${file} has no test of row ${row}`);
  }
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);
