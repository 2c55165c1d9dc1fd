import type { ProcessorId } from '@pingplex/shared/contracts/http';
import type { Processor } from './port.ts';
import { createStripeProcessor } from './stripe/adapter.ts';
import type { StripeConnection } from './stripe/client.ts';
import { createYooKassaProcessor } from './yookassa/adapter.ts';
import type { YooKassaConnection } from './yookassa/client.ts';

/** How the processors that are set up are reached. */
export type ProcessorConnections = { stripe?: StripeConnection; yookassa?: YooKassaConnection };

/** A processor for each connection. */
export function createProcessors({ stripe, yookassa }: ProcessorConnections): Partial<Record<ProcessorId, Processor>> {
  return {
    ...(stripe === undefined ? {} : { stripe: createStripeProcessor(stripe) }),
    ...(yookassa === undefined ? {} : { yookassa: createYooKassaProcessor(yookassa) }),
  };
}
