import { z } from 'zod';
import { ERROR_CODES, ErrorCode } from './codes.ts';

/** Values for the user's text. Never a secret, never a stack; a file name only where the user gave it. */
const ErrorParams = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** An error as data: crosses IPC, HTTP and the engine's messages unchanged. */
export const AppErrorData = z.object({
  code: ErrorCode,
  /** For developers and logs; English, no secrets. Users read the text of the code. */
  message: z.string().max(2000),
  params: ErrorParams.optional(),
  /** The request field that caused it, as a dotted path. */
  field: z.string().max(200).optional(),
  retryable: z.boolean(),
  retryAfterMs: z.int().min(0).optional(),
});
export type AppErrorData = z.infer<typeof AppErrorData>;

type Options = { params?: AppErrorData['params']; field?: string; retryAfterMs?: number; cause?: unknown };

/** The one error type that we throw on purpose. `code` decides HTTP status, text and whether trying again makes sense. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly params: AppErrorData['params'];
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.params = options.params;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }

  toData(): AppErrorData {
    return {
      code: this.code,
      message: this.message.slice(0, 2000),
      retryable: ERROR_CODES[this.code].retryable,
      ...(this.params ? { params: this.params } : {}),
      ...(this.field ? { field: this.field } : {}),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }

  /** Rebuilds an error that came over a wire. */
  static fromData(data: AppErrorData): AppError {
    return new AppError(data.code, data.message, {
      ...(data.params ? { params: data.params } : {}),
      ...(data.field ? { field: data.field } : {}),
      ...(data.retryAfterMs === undefined ? {} : { retryAfterMs: data.retryAfterMs }),
    });
  }
}

/**
 * Turns anything that was thrown into an `AppError`; unknown things become `internal.unexpected` and keep their cause for the log.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal.unexpected', message, { cause: thrown });
}

/** The answer of every IPC call and engine job: `ok` with data, or an error as data. Never a rejected promise. */
export type Envelope<T> = { ok: true; data: T } | { ok: false; error: AppErrorData };
