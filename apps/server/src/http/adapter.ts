import { HTTP_ROUTES, type HttpRouteId, type Route } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import { type Authenticator, authorize } from './access.ts';
import { hashJson, readJsonBody } from './body.ts';
import type { Handlers, RawRoute, RequestContext } from './handlers.ts';
import { InvalidRequest } from './problem.ts';

export type AdapterDeps = {
  authenticator: Authenticator;
  /** Counts a changing request of a signed-in user. @throws AppError `request.rateLimited` */
  limitWrites: (userId: string) => Promise<void>;
};

type AnyHandler = (input: { params: unknown; query: unknown; body: unknown; ctx: RequestContext }) => Promise<unknown>;
const IdempotencyKey = z.uuid();

/**
 * Puts every route of the contract on the app: who may, strict input, handler, output cut to its schema.
 * Deny by default: what is not declared is 404, other methods of a declared path are 405.
 */
export function mountContract(app: Express, handlers: Handlers<HttpRouteId>, raw: readonly RawRoute[], deps: AdapterDeps): void {
  const allowed = new Map<string, Set<string>>();
  const remember = (path: string, method: string): void => {
    allowed.set(path, (allowed.get(path) ?? new Set()).add(method));
  };
  for (const [id, route] of Object.entries(HTTP_ROUTES) as [HttpRouteId, Route][]) {
    const handler = handlers[id] as AnyHandler;
    remember(route.path, route.method);
    app[methodName(route.method)](route.path, (request: Request, response: Response) => answer(route, handler, request, response, deps));
  }
  for (const route of raw) {
    for (const method of Object.keys(route.operations)) {
      remember(route.path, method);
      app[methodName(method)](route.path, async (request: Request, response: Response) => {
        response.locals['route'] = route.path;
        const auth = await authorize(request, route.access, deps.authenticator);
        await route.handle(request, response, contextOf(request, response, auth, null, ''));
      });
    }
  }
  // A literal path before a pattern that would match it too: each answers with its own methods.
  for (const [path, methods] of [...allowed].sort(([a], [b]) => a.split(':').length - b.split(':').length)) {
    app.all(path, (_request, response) => {
      response.setHeader('Allow', [...methods].join(', '));
      throw new AppError('request.methodNotAllowed', `allowed here: ${[...methods].join(', ')}`);
    });
  }
}

type MethodName = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options';
const methodName = (method: string): MethodName => method.toLowerCase() as MethodName;

async function answer(route: Route, handler: AnyHandler, request: Request, response: Response, deps: AdapterDeps): Promise<void> {
  response.locals['route'] = route.path;
  response.setHeader('Cache-Control', 'no-store');
  const auth = await authorize(request, route.access, deps.authenticator);
  response.locals['userId'] = auth?.userId;
  if (auth !== null && route.method !== 'GET') await deps.limitWrites(auth.userId);
  const params = check('params', route.params, request.params);
  const query = check('query', route.query, { ...request.query });
  const rawBody = route.method === 'GET' ? {} : await readJsonBody(request, response);
  const body = check('body', route.body, rawBody);
  const ctx = contextOf(request, response, auth, route.idempotent ? idempotencyKey(request) : null, hashJson(rawBody));
  const result = await handler({ params, query, body, ctx });
  response.status(route.status).json(await route.response.parseAsync(result));
}

function check(where: string, schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InvalidRequest(where, parsed.error);
  return parsed.data;
}

function idempotencyKey(request: Request): string {
  const parsed = IdempotencyKey.safeParse(request.headers['idempotency-key']);
  if (!parsed.success) throw new AppError('request.idempotencyKeyMissing', 'an Idempotency-Key header with a UUID is needed');
  return parsed.data.toLowerCase();
}

function contextOf(
  request: Request,
  response: Response,
  auth: RequestContext['auth'],
  key: string | null,
  bodyHash: string,
): RequestContext {
  return {
    auth,
    ip: request.ip ?? '',
    requestId: String(response.locals['requestId']),
    locale: request.acceptsLanguages('en', 'ru') === 'ru' ? 'ru' : 'en',
    idempotencyKey: key,
    bodyHash,
  };
}
