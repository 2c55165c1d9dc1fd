import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import { type LaunchOptions, launchApp, type RunningApp, temporaryFolder } from './launch.ts';
import { Studio } from './studio.ts';

/** One window with folders of its own: what a test file shares between its tests. */
export type Desk = {
  readonly root: string;
  /** Sources go here. */
  readonly input: string;
  /** Results go here. */
  readonly output: string;
  readonly userData: string;
  running(): RunningApp;
  studio(): Studio;
  /** Opens the app again over the same data; the old one has to be closed or killed. */
  reopen(more?: Partial<LaunchOptions>): Promise<Studio>;
  done(): Promise<void>;
};

/**
 * Opens the app over a fresh folder.
 * @param name part of the folder's name
 */
export async function openDesk(name: string, options: Partial<LaunchOptions> = {}): Promise<Desk> {
  const folder = await temporaryFolder(name);
  const [input, output, userData] = ['in', 'out', 'user'].map((one) => path.join(folder.path, one)) as [string, string, string];
  for (const one of [input, output, userData]) await mkdir(one);
  let running: RunningApp;
  let studio: Studio;
  const open = async (more: Partial<LaunchOptions> = {}): Promise<Studio> => {
    running = await launchApp({ userData, ...options, ...more });
    studio = new Studio(running.app, running.window);
    await studio.page.locator('[data-ready=true]').waitFor();
    return studio;
  };
  await open();
  return {
    root: folder.path,
    input,
    output,
    userData,
    running: () => running,
    studio: () => studio,
    reopen: open,
    done: async () => {
      await running.close();
      await folder.done();
    },
  };
}

/** Chooses one file by a click on its card. @returns the file as the window knows it */
export async function chooseFile(studio: Studio, name: string): Promise<MediaFileView> {
  const base = path.basename(name);
  const { files } = await studio.call('library.page', { limit: 5000 });
  const file = files.find((one) => one.name === base);
  if (file === undefined) throw new Error(`${base} is not in the workspace`);
  await studio.page.locator(`[data-testid=file-card][data-file-name="${base}"]`).click();
  await studio.page.getByTestId('inspector').getByText(base, { exact: true }).first().waitFor();
  return file;
}

/** Takes every file and every step off, so that the next test of the same window starts from nothing. */
export async function clearDesk(studio: Studio): Promise<void> {
  const { files } = await studio.call('library.page', { limit: 5000 });
  if (files.length > 0) await studio.call('library.remove', { ids: files.map(({ id }) => id) });
  await studio.go('workspace');
  const chips = studio.page.getByTestId('step-chip');
  for (let left = await chips.count(); left > 0; left -= 1) {
    await chips.last().focus();
    await studio.page.keyboard.press('Delete');
    await chips.nth(left - 1).waitFor({ state: 'detached' });
  }
}
