import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Logger, pino } from 'pino';
import { redactText } from './redact.ts';

/** Days that logs are kept on the user's machine. */
const KEPT_DAYS = 14;
const NAME = /^pingplex-(\d{4}-\d{2}-\d{2})\.log$/;

async function removeOld(dir: string, today: string): Promise<void> {
  const oldest = new Date(Date.parse(today) - KEPT_DAYS * 86_400_000).toISOString().slice(0, 10);
  for (const name of await readdir(dir)) {
    const day = NAME.exec(name)?.[1];
    if (day !== undefined && day < oldest) await rm(path.join(dir, name), { force: true });
  }
}

/**
 * The app's log: one file a day, JSON lines. Secrets are taken out twice: fields by their names, and every line by patterns (tokens, keys,
 * e-mail addresses, the home folder).
 * @param dir folder for the files; made when missing
 */
export function createLogger(dir: string, homeDir: string): Logger {
  // Once, before the first window: the log has to be there for whatever goes wrong next.
  mkdirSync(dir, { recursive: true });
  const today = new Date().toISOString().slice(0, 10);
  const file = pino.destination({ dest: path.join(dir, `pingplex-${today}.log`), sync: false });
  const logger = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['password', 'token', 'accessToken', 'refreshToken', 'authorization', 'email', '*.password', '*.token', '*.authorization', '*.email'],
        censor: '[secret]',
      },
    },
    { write: (line: string) => file.write(redactText(line, homeDir)) },
  );
  removeOld(dir, today).catch((error: unknown) => logger.warn({ err: error }, 'old logs could not be removed'));
  return logger;
}
