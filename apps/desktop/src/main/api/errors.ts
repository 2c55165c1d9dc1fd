import { Problem } from '@pingplex/shared/contracts/http';
import { AppError, ErrorCode } from '@pingplex/shared/errors';
import { AxiosError, isAxiosError } from 'axios';

/** Delay that a server asked for, in ms: `Retry-After` in seconds or as a date. */
function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined;
}

/**
 * What an answer of the server that isn't a success means to the app.
 * Anything that isn't a problem document of ours (a captive portal, a proxy's page) is `network.badAnswer`.
 */
export function errorFromAnswer(status: number, body: unknown, retryAfter: unknown, now: number): AppError {
  const problem = Problem.safeParse(body);
  const wait = retryAfterMs(retryAfter, now);
  if (problem.success) {
    const code = ErrorCode.safeParse(problem.data.code);
    if (code.success) {
      const field = problem.data.errors?.[0]?.path;
      return new AppError(code.data, problem.data.detail ?? problem.data.title, {
        ...(problem.data.params ? { params: problem.data.params } : {}),
        ...(field === undefined ? {} : { field }),
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
      });
    }
  }
  return new AppError('network.badAnswer', `the server answered ${status} in a form that isn't ours`, {
    params: { status },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** A request that got no answer at all. Messages of axios may quote headers, so only its code is taken over. */
export function errorFromFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (!isAxiosError(thrown)) return new AppError('internal.unexpected', thrown instanceof Error ? thrown.message : String(thrown));
  const code = thrown.code ?? '';
  if (code === AxiosError.ECONNABORTED || code === AxiosError.ETIMEDOUT || code === 'ETIMEDOUT') {
    return new AppError('network.timeout', `no answer in time (${code})`);
  }
  if (code === AxiosError.ERR_BAD_RESPONSE) return new AppError('network.badAnswer', 'the answer could not be read');
  return new AppError('network.offline', `the server can't be reached (${code === '' ? 'no code' : code})`);
}
