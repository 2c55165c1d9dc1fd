// Runs every test of all workspaces, the window's included: npm test
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { electronArguments, findElectron } from './lib/electron.mjs';
import { pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';
import { ensureSystemPackages, openDesktop, TEST_PACKAGES } from './lib/system.mjs';

/** Where vitest puts a workspace's JSON report, below the workspace. */
const REPORT = path.join('test-results', 'vitest.json');
const REPORTS = ['packages/shared', 'apps/server', 'apps/desktop'].map((workspace) => path.join(ROOT, workspace, REPORT));

/** How much of one failure's message is repeated at the end. */
const MESSAGE_LINES = 25;

/** Reads vitest's JSON reports. A suite that couldn't be loaded counts as one failure, and so does a workspace without a report. */
function addUp() {
  let passed = 0;
  const failures = [];
  for (const file of REPORTS) {
    const workspace = path.relative(ROOT, path.dirname(path.dirname(file)));
    if (!existsSync(file)) {
      failures.push({ name: workspace, message: 'no test report was written' });
      continue;
    }
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    for (const suite of report.testResults) {
      const name = path.relative(ROOT, suite.name);
      const failed = suite.assertionResults.filter((test) => test.status === 'failed');
      for (const test of failed) failures.push({ name: `${name} > ${test.fullName}`, message: test.failureMessages.join('\n') });
      if (suite.status === 'failed' && suite.assertionResults.length === 0) failures.push({ name, message: suite.message ?? '' });
    }
  }
  return { passed, failures };
}

/** Says once more what failed, so that it stands at the end of a long log. */
function sayFailures(failures) {
  for (const { name, message } of failures) {
    process.stdout.write(`\nFAILED ${name}\n${message.split('\n').slice(0, MESSAGE_LINES).join('\n')}\n`);
  }
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
  await ensureSystemPackages(TEST_PACKAGES);
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
  const { passed, failures } = addUp();
  const failed = failures.length;
  if (passed + failed === 0) throw new Error('No test was run.');
  sayFailures(failures);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(exitCode === 0 && failed === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}
