import path from 'node:path';
import type { Screen, Studio } from '../tests/driver/studio.ts';

/** Pictures of the real window at the moments that a newcomer wants to see. */
export function takeScreenshots(studio: Studio, folder: string) {
  const both = async (name: string): Promise<void> => {
    for (const theme of ['light', 'dark'] as const) {
      await studio.setTheme(theme);
      await settle(studio);
      await studio.page.screenshot({ path: path.join(folder, `${name}-${theme}.png`) });
    }
  };
  const screen = async (to: Screen): Promise<void> => {
    await studio.go(to);
    await both(to);
  };
  return {
    empty: () => both('empty'),
    ready: async () => {
      await studio.page.getByTestId('file-card').nth(1).click();
      await studio.page.getByTestId('inspector').waitFor();
      await both('workspace');
      await studio.page.keyboard.press('Escape');
      await studio.page.locator('[data-testid=file-card][aria-selected=true]').waitFor({ state: 'detached' });
    },
    working: async () => {
      await studio.go('queue');
      await both('queue-running');
    },
    done: async () => {
      await both('queue');
      await screen('library');
      await screen('recipes');
      await screen('account');
      await studio.go('workspace');
      await studio.setLanguage('ru');
      await both('workspace-ru');
      await studio.setLanguage('en');
    },
  };
}

/** Waits until pictures in view are decoded, transitions are over and the window has painted twice. */
async function settle(studio: Studio): Promise<void> {
  await studio.page.evaluate(`(async () => {
    const inView = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
    await Promise.all(inView.map((image) => image.decode().catch(() => undefined)));
    await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  })()`);
}
