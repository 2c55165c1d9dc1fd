// Runs every test of all workspaces, the window's included: npm test
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { electronArguments, findElectron } from './lib/electron.mjs';
import { pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';
import { ensureSystemPackages, openDesktop } from './lib/system.mjs';

/** Where vitest puts a workspace's JSON report, below the workspace. */
const REPORT = path.join('test-results', 'vitest.json');
const REPORTS = ['packages/shared', 'apps/server', 'apps/desktop'].map((workspace) => path.join(ROOT, workspace, REPORT));

/** Adds up vitest's JSON reports. A suite that couldn't be loaded counts as one failure, and so does a workspace without a report. */
function addUp() {
  let passed = 0;
  let failed = 0;
  for (const file of REPORTS) {
    if (!existsSync(file)) {
      failed++;
      continue;
    }
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    failed += report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0).length;
  }
  return { passed, failed };
}

const HELP = `npm test [-- PATH …]

Runs every test of all workspaces, the window's included, and ends with "N passed, N failed". With PATH: only the test files whose path
contains that text. Other options go to vitest.`;

try {
  if (process.argv.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  await setup({ build: true });
  await ensureSystemPackages();
  const electron = await findElectron();
  say(`Electron ${electron.version} (${electron.from})`);
  for (const file of REPORTS) rmSync(file, { force: true });
  const desktop = await openDesktop({ virtual: true });
  const env = toolEnvironment({
    ...desktop.env,
    PINGPLEX_ELECTRON: electron.executable,
    PINGPLEX_ELECTRON_ARGS: JSON.stringify(electronArguments(electron)),
  });
  const turbo = path.join(ROOT, 'node_modules', 'turbo', 'bin', 'turbo');
  // One workspace at a time: they measure and kill processes, and two cores are soon full.
  const args = [turbo, 'run', 'test', '--concurrency=1', '--continue', '--env-mode=loose', '--ui=stream', '--output-logs=full'];
  args.push('--', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...process.argv.slice(2));
  const [command, all] = desktop.wrap(pinnedNode(), args);
  const { exitCode } = await run(command, all, { env, allowFailure: true });
  desktop.close();
  const { passed, failed } = addUp();
  if (passed + failed === 0) throw new Error('No test was run.');
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(exitCode === 0 && failed === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}
