import { FORMATS } from '@pingplex/shared/domain';
import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';

export type Pick = 'files' | 'folder' | 'outputFolder';

/** Words of the system dialogs; the dialogs themselves are the system's. */
const WORDS = {
  en: { files: 'Add media files', folder: 'Add a folder', outputFolder: 'Choose where results go', media: 'Media files', all: 'All files' },
  ru: {
    files: 'Добавить медиафайлы',
    folder: 'Добавить папку',
    outputFolder: 'Куда сохранять результаты',
    media: 'Медиафайлы',
    all: 'Все файлы',
  },
} as const;

/**
 * Lets the user pick files or a folder in the system's dialog.
 * @returns absolute paths; empty when the user thought better of it
 */
export async function pickPaths(window: BrowserWindow | null, what: Pick, language: 'en' | 'ru'): Promise<readonly string[]> {
  const words = WORDS[language];
  const extensions = Object.values(FORMATS).flatMap((format) => [...format.extensions]);
  const options: OpenDialogOptions =
    what === 'files'
      ? {
          title: words.files,
          properties: ['openFile', 'multiSelections'],
          filters: [
            { name: words.media, extensions },
            { name: words.all, extensions: ['*'] },
          ],
        }
      : { title: words[what], properties: what === 'folder' ? ['openDirectory', 'multiSelections'] : ['openDirectory', 'createDirectory'] };
  const { canceled, filePaths } = await (window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options));
  return canceled ? [] : filePaths;
}
