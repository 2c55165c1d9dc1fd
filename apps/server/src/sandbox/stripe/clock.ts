import { addPeriod, type Bank, endSubscription, finalize, makeInvoice, pay } from './billing.ts';
import type { Invoice, Subscription } from './types.ts';

type Due = { at: number; happen: () => void };

/** Moves the virtual clock; everything that falls due on the way happens at its time, in its order. */
export function advance(bank: Bank, to: number): void {
  for (let next = earliest(bank, to); next !== null; next = earliest(bank, to)) {
    bank.store.moveClock(Math.max(next.at, bank.store.now()));
    next.happen();
  }
  bank.store.moveClock(to);
}

function earliest(bank: Bank, to: number): Due | null {
  const due = [...dueOf(bank)].filter((d) => d.at <= to).sort((a, b) => a.at - b.at);
  return due[0] ?? null;
}

function* dueOf(bank: Bank): Generator<Due> {
  const { store, outbox } = bank;
  for (const session of store.session.values()) {
    if (session.status !== 'open') continue;
    yield {
      at: session.expires_at,
      happen: () => {
        Object.assign(session, { status: 'expired', url: null });
        outbox.emit('checkout.session.expired', session);
      },
    };
  }
  for (const invoice of store.invoice.values()) yield* dueOfInvoice(bank, invoice);
  for (const subscription of store.subscription.values()) yield* dueOfSubscription(bank, subscription);
}

function* dueOfInvoice(bank: Bank, invoice: Invoice): Generator<Due> {
  const subscription = bank.store.subscription.get(invoice.parent.subscription_details.subscription);
  if (!subscription) return;
  if (invoice.status === 'draft' && invoice.finalizes_at !== null) {
    yield {
      at: invoice.finalizes_at,
      happen: () => {
        finalize(bank, invoice);
        pay(bank, invoice, subscription, false);
      },
    };
  }
  if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    yield { at: invoice.next_payment_attempt, happen: () => void pay(bank, invoice, subscription, false) };
  }
}

function* dueOfSubscription(bank: Bank, subscription: Subscription): Generator<Due> {
  const { store, outbox } = bank;
  const [item] = subscription.items.data;
  const { pending_update: pending } = subscription;
  if (pending !== null) {
    yield {
      at: pending.expires_at,
      happen: () => {
        subscription.pending_update = null;
        const invoice = store.invoice.get(subscription.latest_invoice ?? '');
        if (invoice?.status === 'open') {
          invoice.status = 'void';
          invoice.status_transitions.voided_at = store.now();
          outbox.emit('invoice.voided', invoice);
        }
        outbox.emit('customer.subscription.pending_update_expired', subscription);
      },
    };
  }
  if (!item || (subscription.status !== 'active' && subscription.status !== 'past_due')) return;
  const end = item.current_period_end;
  const ends = subscription.cancel_at_period_end ? end : subscription.cancel_at;
  if (ends !== null && ends <= end) {
    yield { at: ends, happen: () => endSubscription(bank, subscription, 'cancellation_requested') };
    return;
  }
  yield { at: end, happen: () => renew(bank, subscription, end) };
}

/** The new period shows at once; its money is asked for an hour later. */
function renew(bank: Bank, subscription: Subscription, start: number): void {
  const { store, outbox } = bank;
  const [item] = subscription.items.data;
  if (!item) return;
  const schedule = store.schedule.get(subscription.schedule ?? '');
  const phase = schedule?.phases.find((p) => p.start_date <= start && start < p.end_date);
  const planned = store.price.get(phase?.items[0]?.price ?? '');
  if (planned) item.price = planned;
  Object.assign(item, { current_period_start: start, current_period_end: addPeriod(start, item.price) });
  if (schedule && !phase) {
    Object.assign(schedule, { status: 'released', released_subscription: subscription.id, subscription: null, current_phase: null });
    subscription.schedule = null;
    outbox.emit('subscription_schedule.released', schedule);
  } else if (schedule && phase) schedule.current_phase = { start_date: phase.start_date, end_date: phase.end_date };
  outbox.emit('customer.subscription.updated', subscription);
  makeInvoice(bank, subscription, 'subscription_cycle', start);
}
