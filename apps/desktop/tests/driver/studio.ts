import type { BatchView, IpcInput, IpcOutput, IpcRouteId, ItemView, MediaFileView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { StepVerb } from '@pingplex/shared/domain';
import type { Envelope } from '@pingplex/shared/errors';
import type { ElectronApplication, Locator, Page } from 'playwright';
import { confirmAddress } from './mail.ts';

export type Screen = 'workspace' | 'create' | 'queue' | 'library' | 'recipes' | 'account';

/** Names that the window shows in English; selectors live here and nowhere else. */
const NAMES = {
  screen: { workspace: 'Workspace', create: 'Create', queue: 'Queue', library: 'Library', recipes: 'Recipes', account: 'Account' },
  verb: { clean: 'Clean', unicalize: 'Unicalize', convert: 'Convert', generate: 'AI edit' },
} as const;

/** The studio as a person uses it: every method does what a hand would do in the real window. */
export class Studio {
  readonly app: ElectronApplication;
  readonly page: Page;

  constructor(app: ElectronApplication, page: Page) {
    this.app = app;
    this.page = page;
  }

  async go(screen: Screen): Promise<void> {
    await this.page.getByRole('navigation').getByRole('button', { name: NAMES.screen[screen] }).first().click();
    await this.page.getByTestId(`screen-${screen}`).waitFor();
  }

  /** Makes the system's open dialog answer with these paths, as if they had been picked in it. */
  async answerDialog(paths: readonly string[]): Promise<void> {
    await this.app.evaluate(({ dialog }, filePaths) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [...filePaths] });
    }, paths);
  }

  /** Makes the system's save dialog answer with this path; null is "canceled". */
  async answerSaveDialog(filePath: string | null): Promise<void> {
    await this.app.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: chosen === null, filePath: chosen ?? '' });
    }, filePath);
  }

  async addFolder(folder: string): Promise<void> {
    await this.answerDialog([folder]);
    await this.page.getByRole('button', { name: 'Add folder' }).first().click();
  }

  async addFiles(files: readonly string[]): Promise<void> {
    await this.answerDialog(files);
    await this.page.getByRole('button', { name: 'Add files' }).first().click();
  }

  /** Drops files and folders from outside onto the list, as the system's file manager does. */
  async drop(paths: readonly string[]): Promise<void> {
    const box = await this.page.getByTestId('drop-area').boundingBox();
    if (box === null) throw new Error('there is nothing to drop on');
    const session = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: box.x + box.width / 2, y: box.y + box.height / 2, data });
    }
    await session.detach();
  }

  /** What the last adding did, as the window says it, and every refused file with its reason. */
  async addReport(): Promise<{ text: string; refused: readonly { name: string; reason: string }[] }> {
    const report = this.page.getByTestId('add-report');
    await report.waitFor();
    const show = this.page.getByRole('button', { name: 'Show reasons' });
    if (await show.isVisible()) await show.click();
    const rows = await this.page.getByTestId('refused-file').all();
    const refused = await Promise.all(
      rows.map(async (row) => {
        const [name = '', reason = ''] = await row.locator(':scope > span').allTextContents();
        return { name, reason };
      }),
    );
    return { text: (await report.textContent()) ?? '', refused };
  }

  /** Everything in the workspace, once nothing is being read any more and at least `count` files are there. */
  async filesReady(count = 1): Promise<readonly MediaFileView[]> {
    for (;;) {
      const { files, total } = await this.call('library.page', { limit: 5000 });
      if (total >= count && files.every(({ state }) => state !== 'reading')) return files;
      await this.page.waitForTimeout(100);
    }
  }

  async addStep(verb: StepVerb): Promise<void> {
    const row = this.page.getByTestId('recipe-row');
    const before = await row.getByTestId('step-chip').count();
    await row.getByRole('button', { name: 'Step', exact: true }).click();
    await this.page.getByRole('menuitem', { name: new RegExp(`^${NAMES.verb[verb]}`) }).click();
    await row.getByTestId('step-chip').nth(before).waitFor();
    await this.closeDialog();
  }

  /** Closes the topmost dialog or popover, when one is open. */
  async closeDialog(): Promise<void> {
    const dialogs = this.page.getByRole('dialog');
    while ((await dialogs.count()) > 0) {
      await this.page.keyboard.press('Escape');
      await this.page.waitForTimeout(50);
    }
  }

  /** Takes every step off the bar; what was there before a restart may stand there again. */
  async clearSteps(): Promise<void> {
    const chips = this.page.getByTestId('step-chip');
    for (let left = await chips.count(); left > 0; left -= 1) {
      await chips.first().press('Delete');
      await chips.nth(left - 1).waitFor({ state: 'detached' });
    }
  }

  /** Opens the settings of the n-th step (from 0), lets `change` work on them, and closes them. */
  async editStep(index: number, change: (dialog: Page) => Promise<void>): Promise<void> {
    await this.closeDialog();
    await this.page.getByTestId('step-chip').nth(index).click();
    await this.page.getByRole('dialog').waitFor();
    await change(this.page);
    await this.closeDialog();
  }

  async chooseOutput(folder: string, template?: string): Promise<void> {
    await this.answerDialog([folder]);
    await this.page.getByTestId('output-chip').click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('button', { name: /Choose/ }).click();
    if (template !== undefined) await dialog.getByTestId('template').fill(template);
    await dialog.getByTestId('output-folder').filter({ hasNotText: 'None chosen' }).waitFor();
    await this.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Opens the settings of the output, lets `change` work on them, and closes them. */
  async editOutput(change: (dialog: Locator) => Promise<void>): Promise<void> {
    await this.closeDialog();
    await this.page.getByTestId('output-chip').click();
    const dialog = this.page.getByRole('dialog');
    await dialog.waitFor();
    await change(dialog);
    await this.closeDialog();
  }

  async confirmRights(): Promise<void> {
    await this.page.getByTestId('rights').getByRole('checkbox').check({ force: true });
  }

  /** Presses Run as soon as the window allows it. @returns id of the new batch */
  async run(): Promise<string> {
    const known = new Set((await this.call('batches.list', {})).batches.map(({ id }) => id));
    await this.page.locator('[data-testid="run"]:not([disabled])').click({ timeout: 60_000 });
    for (;;) {
      const fresh = (await this.call('batches.list', {})).batches.find(({ id }) => !known.has(id));
      if (fresh !== undefined) return fresh.id;
      await this.page.waitForTimeout(50);
    }
  }

  /** A batch as the queue shows it. */
  card(batchId: string): Locator {
    return this.page.locator(`[data-testid=batch][data-batch-id="${batchId}"]`);
  }

  /** Opens the queue and the files of a batch in it. @returns its card */
  async showItems(batchId: string): Promise<Locator> {
    await this.go('queue');
    const card = this.card(batchId);
    await card.waitFor();
    const show = card.getByRole('button', { name: 'Show files' });
    if (await show.isVisible()) await show.click();
    await card.getByTestId('items').waitFor();
    return card;
  }

  /** The row of one file in an open card; the list is scrolled to it. @param state waits until it is in this state */
  async itemRow(card: Locator, name: string, state?: ItemView['state']): Promise<Locator> {
    const list = card.getByTestId('items');
    const row = card.locator(`[data-testid=item][data-item-name="${name}"]`);
    for (let top = 0; (await row.count()) === 0; top += 200) {
      const isEnd = await list.evaluate((one, to) => {
        one.scrollTop = to;
        return to > one.scrollHeight;
      }, top);
      if (isEnd) top = -200;
    }
    await row.scrollIntoViewIfNeeded();
    if (state !== undefined) await card.locator(`[data-testid=item][data-item-name="${name}"][data-state=${state}]`).waitFor();
    return row;
  }

  /** Presses "Go on" under a batch that was interrupted. */
  async goOn(batchId: string): Promise<void> {
    await this.go('queue');
    await this.card(batchId).getByRole('button', { name: 'Go on' }).click();
  }

  async batch(batchId: string): Promise<BatchView> {
    const found = (await this.call('batches.list', {})).batches.find(({ id }) => id === batchId);
    if (found === undefined) throw new Error('no such batch');
    return found;
  }

  /** Waits until nothing of a batch is waiting or running. */
  async finished(batchId: string): Promise<{ batch: BatchView; items: readonly ItemView[]; results: readonly ResultView[] }> {
    for (;;) {
      const batch = await this.batch(batchId);
      if (batch.state === 'finished' || batch.state === 'canceled') {
        const { items } = await this.call('batches.items', { batchId: batch.id });
        const { results } = await this.call('batches.results', { batchId: batch.id, limit: 10_000 });
        return { batch, items, results };
      }
      await this.page.waitForTimeout(200);
    }
  }

  /** Creates an account and signs in, reading the confirmation mail from the local mail sandbox. */
  async signUp(email: string, password: string, mailSandboxUrl: string): Promise<void> {
    await this.go('account');
    await this.page.locator('label', { hasText: 'Create account' }).click();
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('checkbox', { name: /18 or older/ }).check();
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.page.getByTestId('verification-wait').waitFor();
    await confirmAddress(mailSandboxUrl, email);
    await this.page.getByRole('button', { name: /I confirmed/ }).click();
    await this.page.getByTestId('balance').first().waitFor();
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.go('account');
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  async setTheme(theme: 'light' | 'dark'): Promise<void> {
    await this.call('app.setSettings', { theme });
    await this.page.locator(`html[data-theme=${theme}]`).waitFor();
  }

  async setLanguage(language: 'en' | 'ru'): Promise<void> {
    await this.call('app.setSettings', { language });
    await this.page.locator(`html[lang=${language}]`).waitFor();
  }

  /** Reads main's answer to a declared call, through the window's own door. */
  async call<R extends IpcRouteId>(route: R, input: IpcInput<R>): Promise<IpcOutput<R>> {
    const answer = await this.answer(route, input);
    if (!answer.ok) throw new Error(`${route}: ${answer.error.code} ${answer.error.message}`);
    return answer.data;
  }

  /** As `call`, but an error is an answer too. */
  async answer<R extends IpcRouteId>(route: R, input: IpcInput<R>): Promise<Envelope<IpcOutput<R>>> {
    const ask = { route, input } as { route: string; input: unknown };
    return (await this.page.evaluate(({ route, input }) => {
      const door = globalThis as unknown as { pingplex: { invoke(route: string, input: unknown): Promise<unknown> } };
      return door.pingplex.invoke(route, input);
    }, ask)) as Envelope<IpcOutput<R>>;
  }
}
