import type { HTTP_ROUTES, HttpRouteId } from '@pingplex/shared/contracts/http';
import type { Request, Response } from 'express';
import type { z } from 'zod';

/** Who is asking: proved by the access token and, for `session` and `fresh` routes, by the database. */
export type Auth = { userId: string; sessionId: string };

export type RequestContext = {
  auth: Auth | null;
  /** The client's address as the configured proxy tells it. */
  ip: string;
  requestId: string;
  /** From Accept-Language. */
  locale: 'en' | 'ru';
  /** Lower-case UUID; set exactly on routes that need one. */
  idempotencyKey: string | null;
  /** SHA-256 (hex) of the parsed body with sorted keys: tells the same request from another one under the same key. */
  bodyHash: string;
};

type RouteOf<Id extends HttpRouteId> = (typeof HTTP_ROUTES)[Id];
/** Routes that are not public always know who asks; routes that need a key always have one. */
type ContextOf<Id extends HttpRouteId> = RequestContext &
  (RouteOf<Id>['access'] extends 'public' ? unknown : { auth: Auth }) &
  (RouteOf<Id>['idempotent'] extends true ? { idempotencyKey: string } : unknown);

type InputOf<Id extends HttpRouteId> = {
  params: z.output<RouteOf<Id>['params']>;
  query: z.output<RouteOf<Id>['query']>;
  body: z.output<RouteOf<Id>['body']>;
  ctx: ContextOf<Id>;
};

/** Answers one route of the contract; throws `AppError` to refuse. What it returns is cut to the response schema. */
type Handler<Id extends HttpRouteId> = (input: InputOf<Id>) => Promise<z.input<RouteOf<Id>['response']>>;
/** Handlers of some routes: what `modules/<x>/routes.ts` exports. A missing or foreign one does not compile. */
export type Handlers<Ids extends HttpRouteId> = { readonly [Id in Ids]: Handler<Id> };

type RawMethod = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS';
type RawHeader = { description: string; required?: boolean };

/** What one method of a raw route takes and gives, as OpenAPI tells it. */
export type RawOperation = {
  id: string;
  summary: string;
  requestHeaders?: Readonly<Record<string, RawHeader>>;
  /** Media type of the request's body. */
  requestType?: string;
  /** By status; refusals (problem+json) are added to all of them. */
  responses: Readonly<Record<number, { description: string; type?: string; headers?: Readonly<Record<string, string>> }>>;
};

/** An endpoint that is not JSON in, JSON out: uploads, event streams, files, pages. It answers by itself. */
export type RawRoute = {
  operations: Readonly<Partial<Record<RawMethod, RawOperation>>>;
  /** Express 5 pattern; also what the logs and figures show. */
  path: string;
  access: 'public' | 'user' | 'session';
  handle(request: Request, response: Response, ctx: RequestContext): Promise<void> | void;
};
