import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-boundaries-'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'), 'junction');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function write(file: string, ...imports: string[]): Promise<void> {
  await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
  const lines = imports.map((from, n) => `import * as part${n} from '${from}';\nexport const use${n} = part${n};\n`);
  await writeFile(path.join(dir, file), `${lines.join('')}export const here = true;\n`);
}

/** What the project's own rules say about a tree: `file: rule`, one line each. */
async function cruise(): Promise<string[]> {
  const program = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [program, '--config', path.join(ROOT, '.dependency-cruiser.mjs'), '--output-type', 'json', 'packages', 'apps'];
  const text = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: dir, maxBuffer: 64_000_000 }, (error, stdout) => {
      // Violations end it with their number, but its answer is complete all the same.
      if (stdout === '') reject(error ?? new Error('no answer'));
      else resolve(stdout);
    });
  });
  const { summary } = JSON.parse(text) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  return [...new Set(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`))].sort();
}

test('a forbidden import is caught however deep it lies, and an allowed one is not', async () => {
  const desktop = 'apps/desktop/src';
  const server = 'apps/server/src';
  await write('packages/shared/src/errors/index.ts');
  await write('packages/shared/src/domain/deep/deeper/good.ts', '../../../errors/index.ts');
  await write('packages/shared/src/domain/deep/deeper/impure.ts', 'node:fs');
  await write('packages/shared/src/errors/deep/upward.ts', '../../domain/deep/deeper/good.ts');
  await write(`${desktop}/main/batches/index.ts`);
  await write(`${desktop}/main/security/a/b/c/d.ts`, '../../../../batches/index.ts');
  await write(`${desktop}/main/app/a/b/good.ts`, '../../../batches/index.ts');
  await write(`${desktop}/main/new-room/a/b.ts`, 'node:path');
  await write(`${desktop}/renderer/features/files/store.ts`);
  await write(`${desktop}/renderer/features/files/index.ts`, './store.ts');
  await write(`${desktop}/renderer/features/run/components/deep/good.ts`, '../../../files/index.ts');
  await write(`${desktop}/renderer/features/run/components/deep/inside.ts`, '../../../files/store.ts');
  await write(`${desktop}/renderer/lib/deep/node.ts`, 'node:os');
  await write(`${desktop}/renderer/ui/deep/business.ts`, '../../features/files/index.ts');
  await write(`${desktop}/engine/measure/deep/window.ts`, 'electron');
  await write(`${desktop}/engine/measure/deep/main.ts`, '../../../main/batches/index.ts');
  await write(`${server}/modules/auth/service.ts`);
  await write(`${server}/modules/auth/rules/a.ts`);
  await write(`${server}/modules/files/rules/deep/good.ts`, '../../../auth/service.ts');
  await write(`${server}/modules/files/rules/deep/inside.ts`, '../../../auth/rules/a.ts');
  await write(`${server}/modules/credits/rules/deep/other.ts`, '../../../auth/service.ts');
  await write(`${server}/http/deep/module.ts`, '../../modules/auth/service.ts');
  await write(`${server}/storage/deep/one.ts`, './two.ts');
  await write(`${server}/storage/deep/two.ts`, './one.ts');
  await write(`${server}/storage/deep/nothing.ts`, './is-not-there.ts');
  await write(`${server}/providers/a/desktop.ts`, '../../../../desktop/src/output/index.ts');
  await write(`${desktop}/output/index.ts`);

  expect(await cruise()).toEqual(
    [
      'packages/shared/src/domain/deep/deeper/impure.ts: shared is pure',
      'packages/shared/src/errors/deep/upward.ts: room packages/shared/src/errors',
      `${desktop}/main/security/a/b/c/d.ts: room ${desktop}/main/security`,
      `${desktop}/main/new-room/a/b.ts: a room without rules`,
      `${desktop}/renderer/features/run/components/deep/inside.ts: a feature reaches another through its index`,
      `${desktop}/renderer/lib/deep/node.ts: renderer has no Node`,
      `${desktop}/renderer/ui/deep/business.ts: room ${desktop}/renderer/ui`,
      `${desktop}/engine/measure/deep/window.ts: engine has no Electron`,
      `${desktop}/engine/measure/deep/main.ts: room ${desktop}/engine`,
      `${server}/modules/files/rules/deep/inside.ts: a module reaches another through its service`,
      `${server}/modules/credits/rules/deep/other.ts: credits depends on no other module`,
      `${server}/http/deep/module.ts: room ${server}/http`,
      `${server}/storage/deep/one.ts: cycle`,
      `${server}/storage/deep/nothing.ts: unresolvable`,
      `${server}/providers/a/desktop.ts: room ${server}/providers`,
    ].sort(),
  );
});
