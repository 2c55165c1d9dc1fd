import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { createEngineHost } from '../src/main/engine-host/index.ts';
import { silentLogger } from '../src/main/logging/logger-port.ts';
import { launchApp, type RunningApp } from '../tests/driver/launch.ts';
import { startServer } from '../tests/driver/server.ts';
import { Studio } from '../tests/driver/studio.ts';
import { checkItem, type Report, type ReportedFile, strays, table } from './report.ts';
import { takeScreenshots } from './screenshots.ts';

const VARIANTS = 3;
const PROMPT = 'Make it look like a warm evening in late summer';

export type DemoOptions = {
  readonly input: string;
  /** Results, report and screenshots go here. */
  readonly output: string;
  /** For the app's and the server's own data; removed by the caller. */
  readonly work: string;
  readonly withAi: boolean;
  readonly say: (text: string) => void;
};

/** Does the main job in the real window and checks every result from disk. */
export async function runDemo({
  input,
  output,
  work,
  withAi,
  say,
}: DemoOptions): Promise<{ report: Report; text: string; isWhole: boolean }> {
  const startedAt = new Date().toISOString();
  const results = path.join(output, 'results');
  const pictures = path.join(output, 'screenshots');
  for (const folder of [results, pictures]) await mkdir(folder, { recursive: true });
  const before = new Set(await readdir(results, { recursive: true }));
  say('Starting the server …');
  const server = await startServer(path.join(work, 'server'));
  const engine = createEngineHost({
    nodeBinary: process.execPath,
    entry: path.resolve(import.meta.dirname, '../src/engine/main.ts'),
    workers: 2,
    logger: silentLogger,
  });
  let running: RunningApp | undefined;
  try {
    say('Opening the window …');
    running = await launchApp({ userData: path.join(work, 'app'), serverUrl: server.url });
    const studio = new Studio(running.app, running.window);
    const shots = takeScreenshots(studio, pictures);
    await shots.empty();
    let credits: Report['credits'] = null;
    if (withAi) {
      say('Signing up …');
      await studio.signUp('you@studio.example', 'a few words to remember', server.sandboxes.mail);
      credits = { before: (await studio.call('wallet.refresh', {})).available, after: 0 };
      await studio.go('workspace');
    }
    say('Adding and inspecting …');
    await studio.addFolder(input);
    const files = await studio.filesReady(1);
    say(`${files.length} files inspected`);
    await buildRecipe(studio, withAi);
    await studio.chooseOutput(results, '{name}-{step}-{variant}');
    await studio.confirmRights();
    await shots.ready();
    say('Running …');
    const batchId = await studio.run();
    await shots.working();
    const { batch, items, results: made } = await studio.finished(batchId);
    await shots.done();
    if (credits !== null) credits = { ...credits, after: (await studio.call('wallet.refresh', {})).available };
    say('Verifying from disk …');
    const reported: ReportedFile[] = [];
    for (const item of items) {
      const own = made.filter(({ itemId }) => itemId === item.id);
      const expected = { variants: VARIANTS, edits: withAi && item.kind === 'image' ? 1 : 0 };
      reported.push(await checkItem(item, own, results, expected, (file) => engine.run({ verb: 'verify', path: file })));
    }
    const known = new Set([...made.map(({ name }) => name), ...before]);
    const unaccounted = await strays(results, known);
    const report: Report = {
      startedAt,
      finishedAt: new Date().toISOString(),
      sandbox: true,
      formats: [...new Set(reported.filter(({ results: own }) => own.length > 0).map(({ format }) => format))].sort(),
      files: reported,
      credits,
    };
    const broken = reported.filter(({ missing }) => missing.length > 0).length;
    const verified = reported.reduce((sum, file) => sum + file.results.length, 0);
    const summary = [
      `${reported.length} files, ${report.formats.length} formats, ${verified} results verified from disk, batch ${batch.state}`,
      ...(credits === null ? [] : [`credits: ${credits.before} before, ${credits.after} after (sandbox)`]),
      ...(unaccounted.length === 0 ? [] : [`files that no result accounts for: ${unaccounted.join(', ')}`]),
      ...(broken === 0 ? [] : [`${broken} files lack something that was promised`]),
    ];
    return {
      report,
      text: `${table(reported)}\n\n${summary.join('\n')}`,
      isWhole: broken === 0 && unaccounted.length === 0 && verified > 0,
    };
  } catch (error) {
    // What the window showed says more than where the script stood.
    await running?.window.screenshot({ path: path.join(pictures, 'failure.png') }).catch(() => undefined);
    throw error;
  } finally {
    await running?.close();
    await engine.close();
    await server.stop();
  }
}

/** Clean → Unicalize ×3 → for images one AI edit, put together by hand in the window. */
async function buildRecipe(studio: Studio, withAi: boolean): Promise<void> {
  for (const verb of withAi ? (['clean', 'unicalize', 'generate'] as const) : (['clean', 'unicalize'] as const)) {
    await studio.addStep(verb);
  }
  await studio.editStep(1, async (page) => {
    await page.getByRole('dialog').getByLabel('Variants per file').fill(String(VARIANTS));
    if (withAi) await page.getByRole('checkbox', { name: /Save this step/ }).check({ force: true });
  });
  if (!withAi) return;
  await studio.editStep(2, async (page) => {
    await page.getByRole('dialog').getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
  });
}
