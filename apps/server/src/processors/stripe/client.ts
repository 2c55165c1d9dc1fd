import { AppError } from '@pingplex/shared/errors';
import Stripe from 'stripe';

/** The interface's version that this code was written against; webhook endpoints are made with the same one. */
export const STRIPE_VERSION = '2026-10-28.endive';

export type StripeConnection = {
  apiKey: string;
  /** Several while a secret is being replaced; each is tried. */
  webhookSecrets: readonly string[];
  /** Our stand-in or a proxy; null: the real service. */
  baseUrl: string | null;
  isSandbox: boolean;
};

/** The processor's own client, at the pinned version and, when asked for, at another address. */
export function createStripeClient(connection: StripeConnection): Stripe {
  const url = connection.baseUrl === null ? null : new URL(connection.baseUrl);
  const reach =
    url === null ? {} : ({ host: url.hostname, port: url.port || '443', protocol: url.protocol === 'http:' ? 'http' : 'https' } as const);
  return new Stripe(connection.apiKey, { ...reach, apiVersion: STRIPE_VERSION, timeout: 20_000, maxNetworkRetries: 2, telemetry: false });
}

/** Runs a call and tells "nothing is known, repeat it" from "refused". */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw mapped(error);
  }
}

/** The same for a read: null when the object does not exist. */
export async function finding<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null;
    throw mapped(error);
  }
}

function mapped(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const status = error.statusCode ?? 0;
  // A key of the operator's that is wrong is mended by the operator; the work waits for it.
  const isOpen = status === 0 || status === 401 || status === 403 || status === 409 || status === 429 || status >= 500;
  // Messages may repeat what was sent; codes never do.
  const what = [error.type, error.code, error.param].filter(Boolean).join(' ');
  return new AppError(isOpen ? 'billing.processorDown' : 'billing.processorRefused', `stripe: ${what || status}`, { cause: error });
}
