/** Codes of failures before the connection stood, when a connection was being made: not a byte of the request was sent. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** True when the request behind this failure certainly never left. */
export function neverLeft(error: unknown): boolean {
  return [...causes(error)].some((code) => NEVER_CONNECTED.has(code));
}

function* causes(error: unknown, depth = 0): Generator<string> {
  if (!(error instanceof Error) || depth > 5) return;
  // The same codes come from `read` and `write` when a route is lost under a request that has been sent.
  const isLater = 'syscall' in error && error.syscall !== 'connect' && error.syscall !== 'getaddrinfo';
  if ('code' in error && typeof error.code === 'string' && !isLater) yield error.code;
  // Several addresses were tried (happy eyeballs): each failure says the same.
  if (error instanceof AggregateError) for (const inner of error.errors) yield* causes(inner, depth + 1);
  yield* causes(error.cause, depth + 1);
}

/** The provider's wish in ms: `retry-after-ms`, else `retry-after` in seconds; at most 60 s; null when it says nothing. */
export function retryAfterMs(headers: Headers | undefined): number | null {
  const read = (name: string): number => Number(headers?.get(name) || Number.NaN);
  const [ms, seconds] = [read('retry-after-ms'), read('retry-after')];
  const wish = Number.isFinite(ms) ? ms : Number.isFinite(seconds) ? seconds * 1000 : null;
  return wish === null ? null : Math.min(60_000, Math.max(0, wish));
}
