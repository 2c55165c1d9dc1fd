import { EVENTS_PATH } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { RawRoute } from '../../http/handlers.ts';
import { type EventStreamDeps, streamEvents } from './stream.ts';

/** The event stream: server-sent events for as long as the client stays. */
export function eventRawRoutes(deps: EventStreamDeps): RawRoute[] {
  return [
    {
      operations: {
        GET: {
          id: 'events.stream',
          summary: "The user's events as they happen (server-sent events)",
          requestHeaders: { 'Last-Event-ID': { description: 'Goes on after this event; without it the stream begins now' } },
          responses: { 200: { description: 'One event a change, until the client leaves', type: 'text/event-stream' } },
        },
      },
      path: EVENTS_PATH,
      access: 'session',
      handle: async (req, res, ctx) => {
        if (ctx.auth === null) throw new AppError('auth.required', 'an access token is needed');
        await streamEvents(deps, ctx.auth, req, res);
      },
    },
  ];
}
