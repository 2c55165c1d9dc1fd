import { randomUUID } from 'node:crypto';
import type { HttpRouteId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type AdapterDeps, mountContract } from './adapter.ts';
import type { Handlers, RawRoute } from './handlers.ts';
import { openApiRoute } from './openapi.ts';
import { errorOf, sendProblem } from './problem.ts';

export type HttpDeps = AdapterDeps & {
  handlers: Handlers<HttpRouteId>;
  rawRoutes: readonly RawRoute[];
  logger: Logger;
  metrics: Metrics;
  trustProxy: number | string[];
  version: string;
  /** True once the server is about to end: connections are closed after their answer. */
  isDraining: () => boolean;
};

/** The Express app: headers, log, contract, refusals. It sets no cookie and answers no other origin. */
export function createHttpApp(deps: HttpDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', deps.trustProxy);
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } }));
  app.use(observe(deps));
  mountContract(app, deps.handlers, [...deps.rawRoutes, openApiRoute(deps.version, deps.rawRoutes)], deps);
  app.use(() => {
    throw new AppError('request.notFound', 'there is nothing here');
  });
  app.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const error = errorOf(thrown);
    response.locals['code'] = error.code;
    if (error.code === 'internal.unexpected' || error.cause !== undefined) {
      deps.logger.error({ err: thrown, code: error.code, requestId: response.locals['requestId'] }, 'request failed');
    }
    sendProblem(response, error, String(response.locals['requestId']));
  });
  return app;
}

/** Gives the request its id and writes one line when it is answered: the route's pattern, never its address. */
function observe(deps: HttpDeps) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    const requestId = randomUUID();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    if (deps.isDraining()) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const durationMs = Math.round(performance.now() - startedAt);
      const route = typeof response.locals['route'] === 'string' ? response.locals['route'] : 'none';
      const line = { requestId, method: request.method, route, status: response.statusCode, durationMs, userId: response.locals['userId'] };
      deps.logger.info({ ...line, code: response.locals['code'] }, 'request');
      deps.metrics.requests.observe({ method: request.method, route, status: String(response.statusCode) }, durationMs / 1000);
    });
    next();
  };
}
