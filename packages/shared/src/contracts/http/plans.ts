import { z } from 'zod';
import { Credits } from '../../domain/ids.ts';
import { route } from './route.ts';

export const Currency = z.enum(['USD', 'EUR', 'RUB']);
export type Currency = z.infer<typeof Currency>;
/** An amount of money in whole minor units: cents, kopecks. Never a float. */
export const Money = z.object({ amount: z.int().min(0).max(1_000_000_000), currency: Currency });
export type Money = z.infer<typeof Money>;

export const ProcessorId = z.enum(['stripe', 'yookassa']);
export type ProcessorId = z.infer<typeof ProcessorId>;
export const PlanId = z.enum(['free', 'creator', 'pro', 'studio']);
export type PlanId = z.infer<typeof PlanId>;
export const BillingInterval = z.enum(['month', 'year']);
export type BillingInterval = z.infer<typeof BillingInterval>;

/** What is sold, for example `creator-month` or `pack-medium`. */
export const OfferId = z.string().regex(/^[a-z]+-[a-z]+$/);
const Label = z.object({ en: z.string(), ru: z.string() });

export const Plan = z.object({
  id: PlanId,
  label: Label,
  /** Given at the start of every month; what is left of them ends three days after the month. */
  monthlyCredits: Credits,
  /** Variants that the unicalize tools of the cloud may make a day. Local work is free and unlimited for everybody. */
  dailyUnicalize: z.int().min(0),
  /** AI generations that run at the same time. */
  parallel: z.int().min(1),
  /** Empty for the free plan. */
  offers: z.array(z.object({ id: OfferId, interval: BillingInterval, prices: z.array(Money) })),
});
export type Plan = z.infer<typeof Plan>;

/** Credits bought once; they have no end date. */
export const Pack = z.object({ id: OfferId, label: Label, credits: Credits, prices: z.array(Money) });
export type Pack = z.infer<typeof Pack>;

export const planRoutes = {
  'plans.list': route({
    method: 'GET',
    path: '/v1/plans',
    access: 'public',
    summary: 'Plans, packs, their prices, and who takes the money',
    response: z.object({
      plans: z.array(Plan),
      packs: z.array(Pack),
      processors: z.array(z.object({ id: ProcessorId, currencies: z.array(Currency), sandbox: z.boolean() })),
    }),
  }),
} as const;
