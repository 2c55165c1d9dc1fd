import { app, clipboard, dialog } from 'electron';
import type { Logger } from '../logging/logger-port.ts';
import { redactText } from '../logging/redact.ts';

const WORDS = {
  en: {
    message: 'pingplex has to close',
    detail:
      'Something went wrong that the app could not handle. Finished results are safe, and a running batch can go on after the next start.',
    copy: 'Copy details and close',
    close: 'Close',
  },
  ru: {
    message: 'pingplex придётся закрыть',
    detail: 'Случилось то, с чем приложение не справилось. Готовые результаты в безопасности, а пакет можно продолжить после запуска.',
    copy: 'Скопировать подробности и закрыть',
    close: 'Закрыть',
  },
} as const;

/**
 * The one handler for what nothing else caught: redact, log, one dialog, quit. A state that nobody foresaw is not worked on with; the
 * journal knows where to go on.
 */
export function handleTheUnexpected(logger: Logger, homeDir: string): void {
  let isEnding = false;
  const end = (thrown: unknown): void => {
    if (isEnding) return;
    isEnding = true;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    logger.error({ err: error }, 'unexpected error, the app ends');
    const words = app.getLocale().startsWith('ru') ? WORDS.ru : WORDS.en;
    const details = redactText(`pingplex ${app.getVersion()}\n${error.stack ?? error.message}`, homeDir);
    const answer = dialog.showMessageBoxSync({
      type: 'error',
      message: words.message,
      detail: words.detail,
      buttons: [words.copy, words.close],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    });
    if (answer === 0) clipboard.writeText(details);
    app.exit(1);
  };
  process.on('uncaughtException', end);
  // A promise that nobody waited for leaves no half-done state behind; it is a defect for the log, not a reason to take the window away.
  process.on('unhandledRejection', (reason) => {
    logger.error({ err: reason instanceof Error ? reason : new Error(String(reason)) }, 'a promise was rejected and nobody listened');
  });
}
