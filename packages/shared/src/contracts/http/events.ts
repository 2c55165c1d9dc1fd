import { z } from 'zod';
import { Purchase, Subscription } from './billing.ts';
import { Generation } from './generations.ts';
import { Wallet } from './wallet.ts';

/**
 * Server-sent events, `GET /v1/events` with an access token; `id:` is the user's gap-free sequence number, `Last-Event-ID` resumes.
 * `event:` is the type below, `data:` its JSON. `resync` tells a reader whose place is too old to fetch everything anew.
 */
export const EVENTS_PATH = '/v1/events';
export const ServerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('generation.changed'), data: Generation }),
  z.object({ type: z.literal('wallet.changed'), data: Wallet }),
  z.object({ type: z.literal('purchase.changed'), data: Purchase }),
  z.object({ type: z.literal('subscription.changed'), data: z.object({ subscription: Subscription.nullable() }) }),
  z.object({ type: z.literal('session.ended'), data: z.object({ sessionId: z.uuid() }) }),
  z.object({ type: z.literal('resync'), data: z.object({}) }),
]);
export type ServerEvent = z.infer<typeof ServerEvent>;
