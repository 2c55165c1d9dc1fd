import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow } from '../driver/disk.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Screen, Studio } from '../driver/studio.ts';
import { writePicture, writeTone } from '../main/helpers/media.ts';

type Violation = {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
};

/** A key's effect is there when the page has painted it; how long that takes is the machine's business. */
const SOON = { timeout: 20_000 };
const SCREENS: readonly Screen[] = ['workspace', 'create', 'queue', 'library', 'recipes', 'account'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let server: RunningServer;
let desk: Desk;
let studio: Studio;

beforeAll(async () => {
  desk = await openDesk('accessibility');
  server = await startServer(path.join(desk.root, 'server'));
  await desk.running().close();
  studio = await desk.reopen({ serverUrl: server.url });
  await writePicture(path.join(desk.input, 'a.jpg'), 1);
  await writePicture(path.join(desk.input, 'b.png'), 2);
  await writeTone(path.join(desk.input, 'c.wav'), 440, 2);
});
afterAll(async () => {
  await desk?.done();
  await server?.stop();
});

/** What axe finds on the page as it is, one line per element. Injected over the debugging door: the page's own policy admits no scripts. */
async function violations(): Promise<string[]> {
  // Colours are judged where they have come to rest.
  await studio.page.evaluate(`Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined)))`);
  await studio.page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
  const found = await studio.page.evaluate<readonly Violation[]>(
    `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(RULES)} }, resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`));
}

const LOOKS = (['light', 'dark'] as const).flatMap((theme) => (['en', 'ru'] as const).map((language) => [theme, language] as const));

/** Judges what is on screen in both themes and both languages. @returns what is wrong, one line each */
async function judge(what: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const [theme, language] of LOOKS) {
    await studio.setTheme(theme);
    await studio.setLanguage(language);
    wrong.push(...(await violations()).map((line) => `${what}, ${theme}, ${language}: ${line}`));
  }
  await studio.setLanguage('en');
  return wrong;
}

const focused = (): Promise<string> =>
  studio.page.evaluate(
    `(() => { const e = document.activeElement; return e === document.body ? 'body' : e.dataset.testid ?? e.getAttribute('aria-label') ?? e.textContent.trim(); })()`,
  );

/** Goes on with Tab until the wanted element has the keyboard. */
async function tabTo(wanted: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 120; presses += 1) {
    const now = await focused();
    if (typeof wanted === 'string' ? now === wanted : wanted.test(now)) return;
    await studio.page.keyboard.press('Tab');
  }
  throw new Error(`Tab never came to ${String(wanted)}`);
}

describe('row 79: WCAG 2.2 AA, no violation that axe-core knows', () => {
  test.each(SCREENS)('row 79: the empty %s in both themes and languages, signed out', async (screen) => {
    await studio.setLanguage('en');
    await studio.go(screen);
    expect(await judge(screen)).toEqual([]);
  });
});

describe('row 79: the whole way by the keyboard', () => {
  test('row 79: add, select, look, put a recipe together, run it, open its result', async () => {
    const { page } = studio;
    const press = (keys: string): Promise<void> => page.keyboard.press(keys);
    const command = async (words: string): Promise<void> => {
      await press('Control+k');
      await page.getByRole('combobox').waitFor();
      await page.keyboard.type(words);
      await press('Enter');
      await page.getByRole('combobox').waitFor({ state: 'detached' });
    };
    await press('Control+1');
    await studio.answerDialog([desk.input]);
    await press('Control+Shift+o');
    await studio.filesReady(3);
    await page.getByTestId('file-card').nth(2).waitFor();

    await tabTo('file-grid');
    await press('Home');
    await page.locator('[data-testid=file-card][aria-posinset="1"][aria-selected=true]').waitFor();
    await press('ArrowRight');
    await page.locator('[data-testid=file-card][aria-posinset="2"][aria-selected=true]').waitFor();
    await press('Shift+ArrowLeft');
    await expect.poll(() => page.locator('[data-testid=file-card][aria-selected=true]').count(), SOON).toBe(2);
    await press('Space');
    await page.getByTestId('large-preview').waitFor();
    await press('Escape');
    await page.getByTestId('large-preview').waitFor({ state: 'detached' });
    await expect.poll(focused, SOON).toBe('file-grid');
    await press('Control+a');
    await expect.poll(() => page.locator('[data-testid=file-card][aria-selected=true]').count(), SOON).toBe(3);

    await tabTo('Summary');
    await press('ArrowRight');
    await page.getByTestId('tag').first().waitFor();
    await press('ArrowRight');
    await page.getByTestId('privacy-batch').waitFor();

    await command('add step clean');
    await page.getByTestId('step-chip').waitFor();
    await page.getByTestId('step-chip').focus();
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(focused, SOON).toBe('step-chip');
    const output = path.join(desk.output, 'keyboard');
    await mkdir(output);
    await studio.answerDialog([output]);
    await command('choose output');
    await page.getByTestId('output-chip').getByText('keyboard').waitFor();
    await page.locator('[data-testid="run"]:not([disabled])').waitFor();
    const known = (await studio.call('batches.list', {})).batches.length;
    await press('Control+Enter');
    await page.getByText('3 files are on their way').waitFor();
    const { batches } = await studio.call('batches.list', {});
    expect(batches).toHaveLength(known + 1);
    const { items } = await studio.finished(batches[0]?.id ?? '');
    expect(items.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(await filesBelow(output)).toHaveLength(3);

    // The window hears of the end a moment after main knows it; a batch that still runs would come with its files shown.
    await page.getByTestId('queue-count').waitFor({ state: 'detached' });
    await press('Control+2');
    await page.getByTestId('screen-queue').waitFor();
    await tabTo('Show files');
    await press('Enter');
    await page.getByTestId('item').nth(2).waitFor();
    await press('Control+3');
    await page.getByTestId('result-card').nth(2).waitFor();
    await tabTo('result-card');
    await press('Enter');
    await page.getByTestId('result-detail').waitFor();
    await press('Escape');
    await page.getByTestId('result-detail').waitFor({ state: 'detached' });
  });

  test('row 79: Tab reaches every control of the workspace and never gets caught', async () => {
    await studio.page.keyboard.press('Control+1');
    await studio.page.getByTestId('file-card').first().waitFor();
    const missed = await studio.page.evaluate<string[]>(`(() => {
      globalThis.reached = new Set();
      document.addEventListener('focusin', (event) => globalThis.reached.add(event.target));
      return [];
    })()`);
    expect(missed).toEqual([]);
    for (let presses = 0; presses < 150; presses += 1) await studio.page.keyboard.press('Tab');
    const left = await studio.page.evaluate<
      string[]
    >(`[...document.querySelectorAll('button, input, select, textarea, summary, [tabindex="0"]')]
      .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility() && !globalThis.reached.has(one))
      .filter((one) => one.type !== 'radio' || ![...document.getElementsByName(one.name)].some((other) => globalThis.reached.has(other)))
      .map((one) => one.outerHTML.slice(0, 200))`);
    expect(left).toEqual([]);
  });

  test('row 79: what has the keyboard can be seen', async () => {
    const { page } = studio;
    await page.getByTestId('file-grid').focus();
    const unseen: string[] = [];
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      const ring = await page.evaluate<{ what: string; seen: boolean }>(`(() => {
        const one = document.activeElement;
        const marks = [one, one.parentElement, ...one.querySelectorAll('[aria-selected]')].map((each) => getComputedStyle(each));
        return { what: one.outerHTML.slice(0, 160), seen: one === document.body || marks.some((style) => style.outlineStyle !== 'none' && style.outlineWidth !== '0px') };
      })()`);
      if (!ring.seen) unseen.push(ring.what);
    }
    expect(unseen).toEqual([]);
  });

  test('row 79: a live region tells the end of the run', async () => {
    await expect.poll(() => studio.page.getByTestId('live').textContent(), SOON).toMatch(/^Run finished: 3 done, 0 failed$/);
  });
});

describe('row 79: WCAG 2.2 AA with everything filled', () => {
  test('row 79: every screen, dialog and tab in both themes and languages, signed in', async () => {
    const { page } = studio;
    const wrong: string[] = [];
    await studio.go('account');
    await studio.signIn('nobody@studio.example', 'no such account');
    await page.getByRole('form').getByRole('alert').waitFor();
    wrong.push(...(await judge('a refused sign-in')));
    await page.getByRole('button', { name: 'Forgot the password?' }).click();
    wrong.push(...(await judge('forgotten password')));
    await page.getByRole('button', { name: 'Back' }).click();
    await page.locator('label', { hasText: 'Create account' }).click();
    wrong.push(...(await judge('sign-up')));
    await page.locator('label', { hasText: 'Sign in' }).click();
    await studio.signUp('everyone@studio.example', 'a path without a mouse 12', server.sandboxes.mail);
    wrong.push(...(await judge('account, signed in')));
    for (const screen of ['queue', 'library', 'recipes'] as const) {
      await studio.go(screen);
      wrong.push(...(await judge(`${screen}, filled`)));
    }
    await studio.go('library');
    await page.getByTestId('result-card').first().click();
    await page.getByTestId('result-detail').waitFor();
    wrong.push(...(await judge('result')));
    await page.keyboard.press('Escape');
    await studio.go('workspace');
    await page.getByTestId('file-card').first().click();
    for (const name of ['Metadata', 'Privacy', 'History', 'Summary']) {
      await page.getByRole('tab', { name }).click();
      wrong.push(...(await judge(`workspace, ${name}`)));
    }
    for (const verb of ['unicalize', 'convert', 'generate'] as const) {
      await studio.addStep(verb);
      await page.getByTestId('step-chip').last().click();
      await page.getByRole('dialog').waitFor();
      wrong.push(...(await judge(`settings of ${verb}`)));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByTestId('output-chip').click();
    await page.getByRole('dialog').waitFor();
    wrong.push(...(await judge('output')));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    wrong.push(...(await judge('palette')));
    await page.keyboard.press('Escape');
    await studio.call('app.setSettings', { view: 'table' });
    await page.getByTestId('file-grid').waitFor({ state: 'detached' });
    wrong.push(...(await judge('workspace, table')));
    await studio.call('app.setSettings', { view: 'grid' });
    await page.getByTestId('file-grid').focus();
    await page.keyboard.press('Space');
    await page.getByTestId('large-preview').waitFor();
    wrong.push(...(await judge('large preview')));
    await page.keyboard.press('Escape');
    expect(wrong).toEqual([]);
  }, 300_000);
});

describe('row 80: dark and light', () => {
  const theme = (): Promise<string> => studio.page.evaluate(`document.documentElement.dataset.theme`);
  const background = (): Promise<string> => studio.page.evaluate(`getComputedStyle(document.body).backgroundColor`);

  test('row 80: “Like the system” follows the system at once', async () => {
    await studio.call('app.setSettings', { theme: 'system' });
    const seen: string[] = [];
    for (const scheme of ['dark', 'light', 'dark'] as const) {
      await studio.page.emulateMedia({ colorScheme: scheme });
      await studio.page.locator(`html[data-theme=${scheme}]`).waitFor();
      seen.push(await background());
    }
    expect(seen[0]).toBe(seen[2]);
    expect(seen[0]).not.toBe(seen[1]);
  });

  test('row 80: the setting wins over the system and is there after a restart', async () => {
    await studio.page.emulateMedia({ colorScheme: 'dark' });
    await studio.go('account');
    await studio.page.getByLabel('Theme').selectOption({ label: 'Light' });
    await studio.page.locator('html[data-theme=light]').waitFor();
    const light = await background();
    await desk.running().close();
    studio = await desk.reopen({ serverUrl: server.url });
    await studio.page.locator('html[data-theme=light]').waitFor();
    expect(await theme()).toBe('light');
    expect(await background()).toBe(light);
  });
});
