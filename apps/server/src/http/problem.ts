import type { Problem } from '@pingplex/shared/contracts/http';
import { AppError, ERROR_CODES, toAppError } from '@pingplex/shared/errors';
import { TEXTS } from '@pingplex/shared/text';
import type { Response } from 'express';
import { ZodError } from 'zod';

/** Field errors of a request; a kind of `request.invalid`. */
export class InvalidRequest extends AppError {
  readonly errors: readonly { path: string; message: string }[];
  constructor(where: string, error: ZodError) {
    super('request.invalid', `${where} does not match the contract`);
    // Zod's messages name expectations, not values; unknown keys are the sender's own words and stay out.
    this.errors = error.issues.slice(0, 20).map((issue) => ({
      path: [where, ...issue.path.map(String)].join('.').slice(0, 200),
      message: issue.code === 'unrecognized_keys' ? 'unknown fields' : issue.message.slice(0, 200),
    }));
  }
}

/**
 * Maps anything that was thrown to our error, including what Express and its body parser throw. The one place that does.
 */
export function errorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof ZodError) return new AppError('internal.unexpected', 'an answer did not match the contract', { cause: thrown });
  if (typeof thrown === 'object' && thrown !== null) {
    const { type, status, message } = thrown as { type?: unknown; status?: unknown; message?: unknown };
    if (type === 'entity.too.large') return new AppError('request.tooLarge', 'the body is too large');
    if (type === 'encoding.unsupported' || type === 'charset.unsupported')
      return new AppError('request.unsupportedType', 'only UTF-8 JSON');
    if (typeof status === 'number' && status >= 400 && status < 500) return new AppError('request.invalid', 'the request cannot be read');
    // R4, R7: the pool gave no connection, or the database went away under a query.
    if (
      typeof message === 'string' &&
      /timeout exceeded when trying to connect|not queryable|Connection terminated|ECONNREFUSED/i.test(message)
    ) {
      return new AppError('request.busy', 'the database does not answer', { retryAfterMs: 2_000, cause: thrown });
    }
  }
  return toAppError(thrown);
}

/** The RFC 9457 body of an error. Only texts of our own: never the developer's message of an unexpected error, a stack or SQL. */
export function problemOf(error: AppError, requestId: string): Problem {
  const status = ERROR_CODES[error.code].status;
  const errors =
    error instanceof InvalidRequest ? [...error.errors] : error.field ? [{ path: error.field, message: error.message }] : undefined;
  return {
    type: `urn:pingplex:error:${error.code}`,
    title: TEXTS.en.errors[error.code].title,
    status,
    code: error.code,
    ...(status < 500 ? { detail: error.message.slice(0, 300) } : {}),
    requestId,
    ...(error.params ? { params: error.params } : {}),
    ...(errors ? { errors } : {}),
  };
}

/** Answers with a problem, unless an answer has begun: then the connection is cut, so that nobody takes half for whole. */
export function sendProblem(response: Response, error: AppError, requestId: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = problemOf(error, requestId);
  if (error.retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
