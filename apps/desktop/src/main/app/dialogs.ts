import { type ExportFormat, FORMATS } from '@pingplex/shared/domain';
import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';
import { REPORT_FORMATS } from '../batches/index.ts';

export type Pick = 'files' | 'folder' | 'outputFolder';

/** Words of the system dialogs; the dialogs themselves are the system's. */
const WORDS = {
  en: {
    files: 'Add media files',
    folder: 'Add a folder',
    outputFolder: 'Choose where results go',
    media: 'Media files',
    all: 'All files',
    report: 'Save report',
    metadata: 'Save metadata',
    table: 'Open a table of prompts',
    tables: 'Tables (CSV, TSV, text)',
  },
  ru: {
    files: 'Добавить медиафайлы',
    folder: 'Добавить папку',
    outputFolder: 'Куда сохранять результаты',
    media: 'Медиафайлы',
    all: 'Все файлы',
    report: 'Сохранить отчёт',
    metadata: 'Сохранить метаданные',
    table: 'Открыть таблицу промптов',
    tables: 'Таблицы (CSV, TSV, текст)',
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

/**
 * Lets the user choose where a report goes and, by its ending, what it is written as.
 * @param name proposed, without ending
 * @returns absolute path; null when the user thought better of it
 */
export async function pickReportPath(window: BrowserWindow | null, name: string, language: 'en' | 'ru'): Promise<string | null> {
  const options = {
    title: WORDS[language].report,
    defaultPath: `${name}.${REPORT_FORMATS[0]}`,
    filters: REPORT_FORMATS.map((format) => ({ name: format.toUpperCase(), extensions: [format] })),
  };
  const { canceled, filePath } = await (window === null ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options));
  return canceled || filePath === '' ? null : filePath;
}

/**
 * Lets the user choose where exported metadata goes.
 * @returns absolute path; null when the user thought better of it
 */
export async function pickMetadataPath(window: BrowserWindow | null, format: ExportFormat, language: 'en' | 'ru'): Promise<string | null> {
  const ext = format === 'summary' ? 'csv' : format;
  const options = {
    title: WORDS[language].metadata,
    defaultPath: `metadata.${ext}`,
    filters: [{ name: ext.toUpperCase(), extensions: [ext] }],
  };
  const { canceled, filePath } = await (window === null ? dialog.showSaveDialog(options) : dialog.showSaveDialog(window, options));
  return canceled || filePath === '' ? null : filePath;
}

/**
 * Lets the user pick a table of prompts.
 * @returns absolute path; null when the user thought better of it
 */
export async function pickTablePath(window: BrowserWindow | null, language: 'en' | 'ru'): Promise<string | null> {
  const words = WORDS[language];
  const options: OpenDialogOptions = {
    title: words.table,
    properties: ['openFile'],
    filters: [
      { name: words.tables, extensions: ['csv', 'tsv', 'txt'] },
      { name: words.all, extensions: ['*'] },
    ],
  };
  const { canceled, filePaths } = await (window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options));
  return canceled ? null : (filePaths[0] ?? null);
}
