// Types, lint, boundaries, dead code: npm run check
import path from 'node:path';
import { pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';

const tool = (...parts) => path.join(ROOT, 'node_modules', ...parts);
const CHECKS = [
  ['types', [tool('turbo', 'bin', 'turbo'), 'run', 'types', '--env-mode=loose', '--ui=stream', '--output-logs=errors-only']],
  ['lint and format', [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings']],
  [
    'boundaries',
    [tool('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', '.dependency-cruiser.mjs', 'packages', 'apps', 'scripts'],
  ],
  ['dead code', [tool('knip', 'bin', 'knip.js')]],
  ['docs', ['scripts/check-docs.mjs']],
];

try {
  if (process.argv.includes('--help')) {
    say('npm run check\n\nTypes, lint and format, import boundaries, dead code, docs. Ends with 1 when one of them finds something.');
    process.exit(0);
  }
  await setup();
  let failures = 0;
  for (const [name, args] of CHECKS) {
    const { exitCode, output } = await run(pinnedNode(), args, { env: toolEnvironment(), quiet: true, allowFailure: true });
    say(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (exitCode !== 0) {
      failures++;
      process.stdout.write(`${output.trim()}\n\n`);
    }
  }
  process.exit(failures === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}
