import type { BillingInterval, Currency, Money, Pack, Plan, PlanId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';

/** Prices in whole minor units. What was sold keeps its price and credits; a change here is for what is sold from then on. */
type Prices = Readonly<Record<Currency, number>>;

const money = (prices: Prices): Money[] =>
  (Object.entries(prices) as [Currency, number][]).map(([currency, amount]) => ({ currency, amount }));

/** A year costs ten months. */
const paid = (id: Exclude<PlanId, 'free'>, month: Prices): Plan['offers'] => [
  { id: `${id}-month`, interval: 'month', prices: money(month) },
  { id: `${id}-year`, interval: 'year', prices: money({ USD: month.USD * 10, EUR: month.EUR * 10, RUB: month.RUB * 10 }) },
];

/** From the least to the most; the place in the list tells up from down. */
export const PLANS: readonly Plan[] = [
  { id: 'free', label: { en: 'Free', ru: 'Бесплатный' }, monthlyCredits: 0, dailyUnicalize: 50, parallel: 2, offers: [] },
  {
    ...{ id: 'creator', label: { en: 'Creator', ru: 'Автор' }, monthlyCredits: 1_000, dailyUnicalize: 500, parallel: 4 },
    offers: paid('creator', { USD: 15_00, EUR: 14_00, RUB: 1_390_00 }),
  },
  {
    ...{ id: 'pro', label: { en: 'Pro', ru: 'Профи' }, monthlyCredits: 3_000, dailyUnicalize: 2_000, parallel: 6 },
    offers: paid('pro', { USD: 39_00, EUR: 37_00, RUB: 3_590_00 }),
  },
  {
    ...{ id: 'studio', label: { en: 'Studio', ru: 'Студия' }, monthlyCredits: 8_500, dailyUnicalize: 10_000, parallel: 8 },
    offers: paid('studio', { USD: 99_00, EUR: 94_00, RUB: 8_990_00 }),
  },
];

export const PACKS: readonly Pack[] = [
  { id: 'pack-small', label: { en: 'Small pack', ru: 'Малый пакет' }, credits: 500, prices: money({ USD: 8_00, EUR: 7_50, RUB: 740_00 }) },
  {
    id: 'pack-medium',
    label: { en: 'Medium pack', ru: 'Средний пакет' },
    credits: 2_000,
    prices: money({ USD: 29_00, EUR: 27_50, RUB: 2_690_00 }),
  },
  {
    id: 'pack-large',
    label: { en: 'Large pack', ru: 'Большой пакет' },
    credits: 6_000,
    prices: money({ USD: 79_00, EUR: 75_00, RUB: 7_290_00 }),
  },
];

/** One thing that can be bought, without its price. */
export type Offer = {
  id: string;
  label: { en: string; ru: string };
  plan: Plan | null;
  interval: BillingInterval | null;
  /** Of a pack, or of one month of a plan. */
  credits: number;
  prices: Money[];
};

const OFFERS: ReadonlyMap<string, Offer> = new Map(
  [
    ...PLANS.flatMap((plan) =>
      plan.offers.map((o): Offer => ({ ...o, label: labelOf(plan, o.interval), plan, credits: plan.monthlyCredits })),
    ),
    ...PACKS.map((pack): Offer => ({ ...pack, plan: null, interval: null })),
  ].map((offer) => [offer.id, offer]),
);

function labelOf(plan: Plan, interval: BillingInterval): Offer['label'] {
  const { en, ru } = plan.label;
  return interval === 'year' ? { en: `${en}, a year`, ru: `${ru}, год` } : { en: `${en}, a month`, ru: `${ru}, месяц` };
}

export const findOffer = (id: string): Offer | undefined => OFFERS.get(id);

/** @throws AppError `billing.offerUnknown` */
export function requireOffer(id: string): Offer {
  const offer = OFFERS.get(id);
  if (!offer) throw new AppError('billing.offerUnknown', `no offer ${id}`);
  return offer;
}

/** @throws AppError `billing.offerUnknown` when it is not sold in this currency */
export function priceIn(offer: Offer, currency: Currency): Money {
  const price = offer.prices.find((p) => p.currency === currency);
  if (!price) throw new AppError('billing.offerUnknown', `${offer.id} has no price in ${currency}`);
  return price;
}

/** How many monthly grants one payment of this offer brings; 1 for a pack. */
export const monthsOf = (offer: Offer): number => (offer.interval === 'year' ? 12 : 1);

/** Up: a higher plan, or a year instead of a month of the same. Everything else waits for the end of the period. */
export function isUpgrade(from: Offer, to: Offer): boolean {
  const rank = (offer: Offer): number => PLANS.findIndex((plan) => plan.id === offer.plan?.id);
  if (rank(to) !== rank(from)) return rank(to) > rank(from);
  return from.interval === 'month' && to.interval === 'year';
}
