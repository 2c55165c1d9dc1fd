import type { PreviewView } from '@pingplex/shared/contracts/ipc';
import type { Texts } from '../../../i18n/index.ts';

/** One of two sides as the window can show it. */
export type Shown = {
  readonly url: string;
  readonly name: string;
  /** What stands in for the original and how much less it is; null for the original itself. */
  readonly standIn: string | null;
};

/** How a stand-in is labelled. */
export function standInText(view: PreviewView, { t }: Pick<Texts, 't'>): string | null {
  if (!view.proxy) return null;
  return t(`preview.standIn.${view.mime.startsWith('video/') ? 'video' : view.mime.startsWith('audio/') ? 'audio' : 'image'}`);
}
