import type Stripe from 'stripe';
import type { PricedOffer } from '../port.ts';
import { asking } from './client.ts';

/** What a price of ours was made for; carried by the price itself, so that old prices keep their credits. */
export type SoldOffer = { id: string; amount: number; credits: number };

export type Prices = {
  /** The processor's id of the price, made when it is first needed. */
  idOf(offer: PricedOffer): Promise<string>;
  /** Null for a price that is not ours. */
  offerOf(priceId: string): Promise<SoldOffer | null>;
};

/** Prices never change at the processor: each is asked for once and remembered. */
export function createPrices(stripe: Stripe): Prices {
  const ids = new Map<string, Promise<string>>();
  const offers = new Map<string, Promise<SoldOffer | null>>();
  const remember = <T>(cache: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> => {
    const known = cache.get(key) ?? ask();
    cache.set(key, known);
    known.catch(() => cache.delete(key));
    return known;
  };

  async function findOrMake(offer: PricedOffer, key: string): Promise<string> {
    const found = await asking(() => stripe.prices.list({ lookup_keys: [key], active: true, limit: 1 }));
    const [first] = found.data;
    if (first) return first.id;
    const made = await asking(() =>
      stripe.prices.create(
        {
          currency: offer.currency.toLowerCase(),
          unit_amount: offer.amount,
          lookup_key: key,
          metadata: { offer: offer.id, credits: String(offer.credits) },
          product_data: { name: `pingplex ${offer.label}` },
          ...(offer.interval === null ? {} : { recurring: { interval: offer.interval } }),
        },
        { idempotencyKey: `price:${key}` },
      ),
    );
    return made.id;
  }

  return {
    idOf(offer) {
      // Another amount or number of credits is another price: what was sold before is not touched.
      const key = ['pingplex', offer.id, offer.currency.toLowerCase(), offer.amount, offer.credits].join('_');
      return remember(ids, key, () => findOrMake(offer, key));
    },
    offerOf: (priceId) =>
      remember(offers, priceId, async () => {
        const { metadata, unit_amount } = await asking(() => stripe.prices.retrieve(priceId));
        const { offer, credits } = metadata;
        return offer === undefined || unit_amount === null ? null : { id: offer, amount: unit_amount, credits: Number(credits) };
      }),
  };
}
