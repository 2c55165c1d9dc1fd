import type { Store } from './store.ts';

type Json = Record<string, unknown>;

/** Fields that the real service never shows: they are this stand-in's own. */
const HIDDEN = new Set(['card', 'later_metadata', 'finalizes_at']);

/** What `expand[]` may name; anything else is an id that stays an id. */
export function expanded(store: Store, object: unknown, paths: readonly string[]): unknown {
  const copy = structuredClone(object);
  for (const path of paths) expandAt(store, copy, path.split('.'));
  return withoutHidden(copy);
}

function expandAt(store: Store, object: unknown, path: readonly string[]): void {
  const [name, ...rest] = path;
  if (name === undefined || typeof object !== 'object' || object === null) return;
  if (Array.isArray(object)) {
    for (const one of object) expandAt(store, one, path);
    return;
  }
  const owner = object as Json;
  if (name === 'payments' && owner['object'] === 'invoice') {
    const data = [...store.invoicePayment.values()].filter((p) => p.invoice === owner['id']);
    owner['payments'] = { object: 'list', data: structuredClone(data), has_more: false, url: '/v1/invoice_payments' };
  } else if (typeof owner[name] === 'string') {
    const id = owner[name];
    const found =
      store.invoice.get(id) ?? store.schedule.get(id) ?? store.subscription.get(id) ?? store.customer.get(id) ?? store.intent.get(id);
    if (found) owner[name] = structuredClone(found);
  }
  expandAt(store, owner[name], rest);
}

/** The object as the world sees it. */
export function withoutHidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !HIDDEN.has(name))
      .map(([name, inner]) => [name, withoutHidden(inner)]),
  );
}
