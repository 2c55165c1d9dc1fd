import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EnvSchema } from '../src/config/env-schema.ts';

test("the operators' page names exactly the variables that the server reads", async () => {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/operators.md'), 'utf8');
  const table = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = table.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(Object.keys(EnvSchema.shape).sort());
});
