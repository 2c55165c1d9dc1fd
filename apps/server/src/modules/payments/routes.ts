import type { HttpRouteId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Handlers, RequestContext } from '../../http/handlers.ts';
import { PACKS, PLANS } from './offers.ts';
import { cancelPurchase, createPurchase, refreshPurchase } from './purchases.ts';
import { refundByOwner } from './refunds.ts';
import { changePlan, methodPage, previewChange, setEnding } from './subscriptions.ts';
import type { PaymentDeps } from './types.ts';
import { listPayments, listPurchases, readPurchase, readSubscription } from './views.ts';

type PaymentRouteId = Extract<HttpRouteId, `billing.${string}` | 'plans.list'>;

/** Handlers of plans, purchases, the subscription and payments. */
export function paymentRoutes(deps: PaymentDeps): Handlers<PaymentRouteId> {
  const { db } = deps;
  return {
    'plans.list': async () => ({
      plans: [...PLANS],
      packs: [...PACKS],
      processors: Object.values(deps.processors).map(({ id, currencies, isSandbox }) => ({
        id,
        currencies: [...currencies],
        sandbox: isSandbox,
      })),
    }),
    'billing.createPurchase': async ({ body, ctx }) => createPurchase(deps, ctx.auth.userId, onceOf(ctx), body, ctx.locale),
    'billing.listPurchases': async ({ ctx }) => ({ purchases: await listPurchases(db, ctx.auth.userId) }),
    'billing.getPurchase': ({ params, ctx }) => readPurchase(db, ctx.auth.userId, params.id).then(orNotFound),
    'billing.refreshPurchase': ({ params, ctx }) => refreshPurchase(deps, ctx.auth.userId, params.id),
    'billing.cancelPurchase': ({ params, ctx }) => cancelPurchase(deps, ctx.auth.userId, params.id),
    'billing.subscription': async ({ ctx }) => ({ subscription: await readSubscription(db, ctx.auth.userId) }),
    'billing.previewChange': ({ query, ctx }) => previewChange(deps, ctx.auth.userId, query.offerId),
    'billing.changePlan': async ({ body, ctx }) => changePlan(deps, ctx.auth.userId, onceOf(ctx), body.offerId, ctx.locale),
    'billing.cancelSubscription': async ({ ctx }) => ({ subscription: await setEnding(deps, ctx.auth.userId, true) }),
    'billing.resumeSubscription': async ({ ctx }) => ({ subscription: await setEnding(deps, ctx.auth.userId, false) }),
    'billing.paymentMethod': async ({ ctx }) => ({ url: await methodPage(deps, ctx.auth.userId, ctx.locale) }),
    'billing.payments': async ({ ctx }) => ({ payments: await listPayments(db, ctx.auth.userId, deps.now()) }),
    'billing.refund': async ({ params, ctx }) => {
      await refundByOwner(deps, ctx.auth.userId, params.id, onceOf(ctx).key);
      return orNotFound((await listPayments(db, ctx.auth.userId, deps.now())).find((payment) => payment.id === params.id) ?? null);
    },
  };
}

function onceOf(ctx: RequestContext): { key: string; bodyHash: string } {
  const { idempotencyKey: key, bodyHash } = ctx;
  if (key === null) throw new AppError('request.idempotencyKeyMissing', 'an Idempotency-Key header with a UUID is needed');
  return { key, bodyHash };
}

function orNotFound<T>(found: T | null): T {
  if (found === null) throw new AppError('request.notFound', 'there is nothing with this id');
  return found;
}
