import { z } from 'zod';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call a route.
 * `public`: anybody. `user`: a valid access token. `session`: also looks the device session up in the database, so that a revoked
 * one is refused at once (money, credentials, privacy). `fresh`: as `session`, signed in within the last 10 minutes.
 */
export type Access = 'public' | 'user' | 'session' | 'fresh';

/** One declaration of an endpoint; handlers, the app's client, validation and OpenAPI are made from it. */
export type Route = {
  readonly method: HttpMethod;
  /** Express-style, parameters as `:name`. */
  readonly path: `/${string}`;
  readonly access: Access;
  readonly summary: string;
  /** Needs an `Idempotency-Key` header (UUID): everything that spends or buys. */
  readonly idempotent: boolean;
  readonly status: number;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly response: z.ZodType;
};

const nothing = z.strictObject({});
export type Nothing = typeof nothing;

type Declared<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = {
  method: HttpMethod;
  path: `/${string}`;
  access: Access;
  summary: string;
  idempotent?: boolean;
  status?: number;
  params?: P;
  query?: Q;
  body?: B;
  response: R;
};

/** Fills in what a route leaves out: no parameters, no query, no body, status 200, not idempotent. */
export function route<R extends z.ZodType, P extends z.ZodType = Nothing, Q extends z.ZodType = Nothing, B extends z.ZodType = Nothing>(
  d: Declared<P, Q, B, R>,
) {
  return {
    method: d.method,
    path: d.path,
    access: d.access,
    summary: d.summary,
    idempotent: d.idempotent ?? false,
    status: d.status ?? 200,
    params: (d.params ?? nothing) as P,
    query: (d.query ?? nothing) as Q,
    body: (d.body ?? nothing) as B,
    response: d.response,
  } as const;
}

/** Answer of a request that has nothing to tell. */
export const Done = z.object({ done: z.literal(true) });

/** RFC 9457 problem details: what every refusal of the server looks like. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  requestId: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
