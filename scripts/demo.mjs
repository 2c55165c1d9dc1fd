// Does the main job by itself in the real window: npm run demo -- --help
import path from 'node:path';
import { electronArguments, findElectron } from './lib/electron.mjs';
import { DESKTOP, pinnedNode, ROOT, toolEnvironment } from './lib/paths.mjs';
import { fail, refuseUnknownOptions, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';
import { ensureSystemPackages, isHeadless, openDesktop } from './lib/system.mjs';

const HELP = `npm run demo -- [--input DIR] [--output DIR] [--ai | --no-ai] [--show]

Signs up, adds the media of DIR, inspects all, runs Clean → Unicalize ×3 → one AI edit per image in the real window, and verifies every
result from disk. Writes report.json and screenshots to the output folder; ends with 1 when anything promised is missing.

  --input DIR    media to work on (default: sample media made by npm run samples)
  --output DIR   where results, report.json and screenshots go (default: demo-output)
  --ai, --no-ai  with or without the AI edit (default: with)
  --show         use your own display instead of a virtual one`;

try {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  refuseUnknownOptions(args, { '--input': true, '--output': true, '--ai': false, '--no-ai': false, '--show': false });
  await setup({ build: true });
  await ensureSystemPackages();
  const electron = await findElectron();
  say(`Electron ${electron.version} (${electron.from})`);
  const desktop = await openDesktop({ virtual: isHeadless() || !args.includes('--show') });
  const env = toolEnvironment({
    ...desktop.env,
    PINGPLEX_ELECTRON: electron.executable,
    PINGPLEX_ELECTRON_ARGS: JSON.stringify(electronArguments(electron)),
    PINGPLEX_CWD: process.env.INIT_CWD ?? ROOT,
  });
  const [command, all] = desktop.wrap(pinnedNode(), [path.join(DESKTOP, 'demo', 'main.ts'), ...args.filter((arg) => arg !== '--show')]);
  const { exitCode } = await run(command, all, { env, allowFailure: true });
  desktop.close();
  process.exit(exitCode);
} catch (error) {
  fail(error);
}
