import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { act } from '../../src/modules/payments/act.ts';
import { createPurchase, refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { sweepUnsettled } from '../../src/modules/payments/sweep.ts';
import { readSubscription } from '../../src/modules/payments/views.ts';
import { createYooKassaProcessor } from '../../src/processors/yookassa/adapter.ts';
import { startYooKassaSandbox } from '../../src/sandbox/yookassa/server.ts';
import type { Card } from '../../src/sandbox/yookassa/types.ts';
import type { PaymentWorld } from './payment-world.ts';

export const SHOP_SECRET = 'a-secret-part-of-the-address';
const KEYS = { shopId: '100500', secretKey: 'test_key_of_the_shop' };

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** A shop of YooKassa's stand-in that makes receipts, and our side of it; its clock is everybody's clock. */
export async function openShop(world: PaymentWorld) {
  const shop = await startYooKassaSandbox({ port: 0, folder: `${world.folder}/yookassa`, ...KEYS, receipts: true });
  const connection = (more: object = {}) => ({
    ...{ ...KEYS, webhookSecret: SHOP_SECRET, baseUrl: shop.url, isSandbox: true },
    receipts: { vatCode: 4, taxSystem: 2, subject: 'service', mode: 'full_payment' },
    ...more,
  });
  const buy = (userId: string, offerId: string, key: string = randomUUID()) =>
    createPurchase(deps, userId, { key, bodyHash: offerId }, { offerId, processor: 'yookassa', currency: 'RUB' }, 'ru');
  const press = (url: string | null, form: Record<string, string>) =>
    fetch(url ?? 'x:', { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' }).then((answer) => answer.status);
  const pay = async (userId: string, offerId: string, card: Card = 'pays', keep = 'yes') => {
    const purchase = await buy(userId, offerId);
    await press(purchase.url, { action: 'pay', card, keep });
    await refreshPurchase(deps, userId, purchase.id);
    return purchase;
  };
  /** A minute of the worker: sweepers, then the jobs that they rang. */
  const work = async () => {
    await sweepUnsettled(deps);
    for (const { id } of await world.db.refund.findMany({ where: { state: 'wanted' } })) await act(deps, 'refund', id);
    for (const { id } of await world.db.subscription.findMany({ where: { endWanted: true } })) await act(deps, 'end', id);
  };
  const plan = (userId: string) => readSubscription(world.db, userId);
  const cardOf = async (userId: string) =>
    (await world.db.subscription.findFirstOrThrow({ where: { userId, status: { not: 'ended' } } })).method ?? '';
  /** To a minute after the paid period. */
  const toPeriodEnd = async (userId: string) => {
    const end = Date.parse((await plan(userId))?.periodEnd ?? '');
    await shop.order({ advance: Math.ceil((end - shop.now()) / 1000) + 60 });
  };
  const chargesOf = (userId: string) => world.db.charge.findMany({ where: { userId }, orderBy: { attemptNo: 'asc' } });
  const sound = async () => expect(await world.violations()).toEqual([]);
  const deps: PaymentWorld['deps'] = {
    ...world.deps,
    processors: { yookassa: createYooKassaProcessor(connection()) },
    now: () => new Date(shop.now()),
  };
  return { shop, deps, connection, buy, press, pay, work, plan, cardOf, toPeriodEnd, chargesOf, sound };
}
