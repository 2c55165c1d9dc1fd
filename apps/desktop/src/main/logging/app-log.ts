import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { redactText } from './redact.ts';

const SECRET_KEYS = ['password', 'token', 'accessToken', 'refreshToken', 'authorization', 'headers', 'prompt', 'email'];

/**
 * The app's log: JSON lines in `<folder>/pingplex.log`. Secret fields are removed by name, and texts of errors are redacted by pattern.
 * @param folder absolute path; created when missing
 * @param homeDir replaced by `~` wherever it occurs in an error's text
 */
export function createAppLog(folder: string, homeDir: string): Logger {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = destination({ dest: path.join(folder, 'pingplex.log'), sync: false, mode: 0o600, append: true });
  return pino(
    {
      level: 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), remove: true },
      serializers: {
        err: (error: Error & { code?: string }) => ({
          name: error.name,
          code: error.code,
          message: redactText(String(error.message), homeDir),
        }),
      },
    },
    file,
  );
}
