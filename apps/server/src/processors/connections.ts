import type { ProcessorId } from '@pingplex/shared/contracts/http';
import type { Processor } from './port.ts';
import { createStripeProcessor } from './stripe/adapter.ts';
import type { StripeConnection } from './stripe/client.ts';

/** How the processors that are set up are reached. */
export type ProcessorConnections = { stripe?: StripeConnection };

/** A processor for each connection. */
export function createProcessors(connections: ProcessorConnections): Partial<Record<ProcessorId, Processor>> {
  const { stripe } = connections;
  return { ...(stripe === undefined ? {} : { stripe: createStripeProcessor(stripe) }) };
}
