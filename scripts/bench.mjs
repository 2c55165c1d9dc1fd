// Prints how fast we are against peers measured in the same run, as ratios, and writes them as JSON: npm run bench -- --help
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { electronArguments, findElectron } from './lib/electron.mjs';
import { CACHE, DESKTOP, pinnedNode, ROOT, SERVER, toolEnvironment } from './lib/paths.mjs';
import { fail, refuseUnknownOptions, run, say } from './lib/run.mjs';
import { setup } from './lib/setup.mjs';
import { ensureSystemPackages, openDesktop, PEER_PACKAGES } from './lib/system.mjs';

const HELP = `npm run bench -- [--json FILE] [--only engine,ledger,queue,payments,signIn,delivery,app,variants,files,estimates] [--docs]

Runs the benchmarks and prints ratios against peers (ExifTool, ffprobe, ImageMagick, ffmpeg, an empty Electron window, raw SQL) that are
measured in the same run on the same files; signIn compares reads of the wallet beside 50 sign-ins with quiet ones. Writes them as JSON
(default: bench.json in node_modules/.cache/pingplex).

variants, which runs only when it is named, measures how far and how good variants are on real and on computed media, and target mode against
all settings in range. files and estimates run only when they are named, too: ten thousand files in the window (about a quarter of an hour),
and five batches against their estimates. --docs writes the plots and tables of these three into docs/.`;

const PAGE = path.join(ROOT, 'docs', 'performance.md');

const args = process.argv.slice(2);
const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

try {
  if (args.includes('--help')) {
    say(HELP);
    process.exit(0);
  }
  refuseUnknownOptions(args, { '--json': true, '--only': true, '--docs': false });
  await setup({ build: true });
  await ensureSystemPackages();
  await ensureSystemPackages(PEER_PACKAGES).catch((error) => say(`${error.message}\nPeers that are missing are left out.`));
  const only = value('--only')?.split(',') ?? ['engine', 'ledger', 'queue', 'payments', 'signIn', 'delivery', 'app'];
  const electron = await findElectron();
  const desktop = await openDesktop({ virtual: true });
  const folder = path.join(CACHE, 'bench');
  const samples = path.join(folder, 'samples');
  mkdirSync(folder, { recursive: true });
  const env = toolEnvironment({
    ...desktop.env,
    PINGPLEX_ELECTRON: electron.executable,
    PINGPLEX_ELECTRON_ARGS: JSON.stringify(electronArguments(electron)),
  });
  await run(pinnedNode(), [path.join(DESKTOP, 'samples', 'make-samples.ts'), '--output', samples], { env, quiet: true });
  const docs = args.includes('--docs') ? ['--docs', PAGE] : [];
  const programs = {
    engine: [path.join(DESKTOP, 'bench', 'engine.bench.ts'), '--input', samples],
    ledger: [path.join(SERVER, 'bench', 'ledger.bench.ts')],
    queue: [path.join(SERVER, 'bench', 'queue.bench.ts')],
    payments: [path.join(SERVER, 'bench', 'payments.bench.ts')],
    signIn: [path.join(SERVER, 'bench', 'sign-in.bench.ts')],
    delivery: [path.join(DESKTOP, 'bench', 'delivery.bench.ts')],
    app: [path.join(DESKTOP, 'bench', 'app.bench.ts')],
    files: [path.join(DESKTOP, 'bench', 'files.bench.ts'), ...docs],
    estimates: [path.join(DESKTOP, 'bench', 'estimates.bench.ts'), '--input', samples, ...docs],
    variants: [
      path.join(DESKTOP, 'bench', 'variants.bench.ts'),
      '--samples',
      path.join(folder, 'small'),
      ...(args.includes('--docs') ? ['--docs', path.join(ROOT, 'docs')] : []),
    ],
  };
  const all = {};
  let failures = 0;
  for (const name of only) {
    const json = path.join(folder, `${name}.json`);
    const [command, wrapped] = desktop.wrap(pinnedNode(), [...programs[name], '--json', json]);
    const { exitCode } = await run(command, wrapped, { env, allowFailure: true });
    if (exitCode === 0) all[name] = JSON.parse(readFileSync(json, 'utf8'));
    else failures++;
  }
  desktop.close();
  const target = path.resolve(process.env.INIT_CWD ?? ROOT, value('--json') ?? path.join(CACHE, 'bench.json'));
  writeFileSync(target, `${JSON.stringify(all, null, 2)}\n`);
  say(`Written: ${target}`);
  process.exit(failures === 0 ? 0 : 1);
} catch (error) {
  fail(error);
}
