import { addPeriod, type Bank } from './billing.ts';
import { listed, need, nested, oneOf, only, type Params, required, StripeRefusal, whole } from './params.ts';
import type { Phase, Schedule } from './types.ts';

export function createSchedule(bank: Bank, params: Params): Schedule {
  const { store } = bank;
  only(params, ['from_subscription']);
  const id = need(params, 'from_subscription');
  const subscription = required(store.subscription.get(id), id, 'subscription');
  const [item] = subscription.items.data;
  if (!item || subscription.status === 'canceled') throw new StripeRefusal(400, null, 'The subscription has ended.');
  if (subscription.schedule !== null) throw new StripeRefusal(400, null, 'The subscription has a schedule already.');
  const phase: Phase = {
    ...{ start_date: item.current_period_start, end_date: item.current_period_end },
    items: [{ price: item.price.id, quantity: 1 }],
  };
  const schedule: Schedule = {
    ...{ id: store.id('sub_sched'), object: 'subscription_schedule', status: 'active', subscription: id, released_subscription: null },
    ...{
      end_behavior: 'release',
      current_phase: { start_date: phase.start_date, end_date: phase.end_date },
      phases: [phase],
      created: store.now(),
    },
  };
  store.schedule.set(schedule.id, schedule);
  subscription.schedule = schedule.id;
  bank.outbox.emit('subscription_schedule.created', schedule);
  return schedule;
}

export function updateSchedule(bank: Bank, schedule: Schedule, params: Params): Schedule {
  only(params, ['end_behavior', 'proration_behavior', 'phases', 'metadata']);
  if (schedule.status !== 'active') throw new StripeRefusal(400, null, 'The schedule is no longer active.');
  oneOf(params, 'end_behavior', ['release']);
  const phases: Phase[] = [];
  for (const given of listed(params, 'phases')) {
    if (typeof given !== 'object') throw new StripeRefusal(400, null, 'Invalid phase.', 'phases');
    only(given, ['items', 'start_date', 'end_date', 'duration']);
    const [item] = listed(given, 'items');
    if (typeof item !== 'object') throw new StripeRefusal(400, null, 'A phase needs items.', 'phases');
    const id = need(item, 'price');
    const price = required(bank.store.price.get(id), id, 'price');
    const start = whole(given, 'start_date') ?? phases.at(-1)?.end_date;
    if (start === undefined) throw new StripeRefusal(400, null, 'The first phase needs a start_date.', 'phases');
    if (given['duration'] !== undefined && given['end_date'] !== undefined)
      throw new StripeRefusal(400, null, 'end_date or duration, not both.', 'phases');
    const duration = nested(given, 'duration');
    if (given['duration'] !== undefined) oneOf(duration, 'interval', ['month', 'year']);
    phases.push({ start_date: start, end_date: whole(given, 'end_date') ?? addPeriod(start, price), items: [{ price: id, quantity: 1 }] });
  }
  schedule.phases = phases;
  bank.outbox.emit('subscription_schedule.updated', schedule);
  return schedule;
}

export function releaseSchedule(bank: Bank, schedule: Schedule): Schedule {
  const { store, outbox } = bank;
  const subscription = store.subscription.get(schedule.subscription ?? '');
  if (schedule.status !== 'active' || !subscription) throw new StripeRefusal(400, null, 'The schedule is not active.');
  Object.assign(schedule, { status: 'released', released_subscription: subscription.id, subscription: null, current_phase: null });
  subscription.schedule = null;
  outbox.emit('subscription_schedule.released', schedule);
  return schedule;
}
