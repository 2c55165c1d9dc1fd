import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/**
 * The only fields that reach a log line. A list of what is allowed, because a list of what is forbidden forgets the next secret: a
 * body parser's error carries the raw body, a driver's error the bound values.
 */
const ALLOWED = new Set([
  'code',
  'count',
  'durationMs',
  'event',
  'generationId',
  'job',
  'kid',
  'method',
  'migrations',
  'module',
  'name',
  'pid',
  'port',
  'queue',
  'reason',
  'requestId',
  'role',
  'route',
  'sandbox',
  'sessionId',
  'signal',
  'status',
  'template',
  'userId',
  'version',
  'attempt',
  'attemptId',
  'provider',
  'model',
  'uploadId',
  'resultId',
]);

/**
 * Structured log on `destination` (default: standard error). Only allowed fields with plain values pass; an error passes as its
 * name, code and stack frames without its message, since messages quote input.
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination({ fd: 2, sync: true })): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: allowedFields },
      // The allow-list has already made it safe; pino's own serializer would add the message again.
      serializers: { err: (value: unknown) => value },
    },
    destination,
  );
}

function allowedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'err') kept['err'] = describeError(value);
    else if (ALLOWED.has(key) && isPlain(value)) kept[key] = value;
  }
  return kept;
}

const isPlain = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** What may be said about an error: type, code, where it happened, and the same of its causes. */
function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as { code?: unknown };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(typeof code === 'string' && /^[\w.:-]{1,64}$/.test(code) ? { code } : {}),
    stack: frames.slice(0, 12).map((line) => line.trim()),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}
