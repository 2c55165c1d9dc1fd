import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EnvSchema } from '../src/config/env-schema.ts';

test("the operators' page names exactly the variables that the server reads", async () => {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/operators.md'), 'utf8');
  const table = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = table.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(EnvSchema.shape).sort());
});

const ROOT = path.join(import.meta.dirname, '../../..');
const SUITES = ['apps/server/tests', 'apps/desktop/tests'];
/** A test whose name begins with the requirements that it holds: `A9, A32: …`, `A30 (2): …`. */
const NAMED = /\b(?:test|it)(?:\.\w+(?:<[^>(]*>)?\((?:[^()]|\([^()]*\))*\))?\(\s*(['"`])((?:A\d+(?: \(\d\))?(?:, )?)+): ((?:(?!\1).)+)\1/g;

/** Every test that carries the id of a sign-in requirement, as the page lists it. */
async function requirementTests(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const suite of SUITES) {
    const files = (await readdir(path.join(ROOT, suite), { recursive: true })).filter((name) => name.endsWith('.test.ts')).sort();
    for (const file of files) {
      const source = await readFile(path.join(ROOT, suite, file), 'utf8');
      for (const [, , ids = '', name = ''] of source.matchAll(NAMED)) {
        const entry = `\`${suite}/${file}\`: ${name.replaceAll('|', '\\|')}`;
        for (const [id] of ids.matchAll(/A\d+/g)) found.set(id, [...new Set([...(found.get(id) ?? []), entry])]);
      }
    }
  }
  return found;
}

test('the security page lists each sign-in requirement with exactly the tests that carry its id', async () => {
  const page = await readFile(path.join(ROOT, 'docs/security.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (A\d+) \| ([^|]+) \| (.*) \|$/gm)];
  expect(rows.map(([, id]) => id)).toEqual(Array.from({ length: 40 }, (_, i) => `A${i + 1}`));
  const tests = await requirementTests();
  for (const [, id = '', , cell = ''] of rows) {
    const listed = cell.split('<br>');
    if (listed[0]?.startsWith('not yet')) expect([id, tests.get(id)]).toEqual([id, undefined]);
    else expect([id, listed.filter((line) => !line.startsWith('('))]).toEqual([id, tests.get(id)]);
  }
});
