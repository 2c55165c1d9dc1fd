import { type Bank, completeLater, completeSession, pay } from './billing.ts';
import { required } from './params.ts';
import { CARDS, type Card, type Session } from './types.ts';

/** What a person's browser gets: a page, or another address. */
export type Page = { status: number; html: string } | { location: string };

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:28em;margin:8vh auto;padding:0 1.2em}
.sandbox{background:#ffe08a;color:#3b2f00;padding:.4em .8em;border-radius:6px;font-weight:600}fieldset{border:1px solid #8886;border-radius:8px;margin:1em 0}
label{display:block;padding:.35em 0}button{font:inherit;padding:.7em 1.2em;border:0;border-radius:8px;background:#635bff;color:#fff;cursor:pointer;margin:.3em .3em 0 0}
button.other{background:#8883;color:inherit}button:focus-visible,input:focus-visible{outline:3px solid #a7a3ff;outline-offset:2px}[role=alert]{color:#c62828;font-weight:600}`;

const NAMES: Record<Card, string> = {
  success: 'A card that pays',
  insufficient_funds: 'A card without enough money',
  authentication: 'A card that asks its owner (3-D Secure)',
  fails_on_renewal: 'A card that pays now and fails at the renewal',
  disputed: 'A card whose owner disputes the payment',
};

const escaped = (value: string): string => value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const money = (amount: number, currency: string): string => `${(amount / 100).toFixed(2)} ${currency.toUpperCase()}`;

function page(title: string, body: string, status = 200): Page {
  const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>`;
  return {
    status,
    html: `${head}<style>${STYLE}</style></head><body><main><p class="sandbox">Sandbox: no real money</p>${body}</main></body></html>`,
  };
}

const cards = (chosen: string): string =>
  CARDS.map(
    (card) => `<label><input type="radio" name="card" value="${card}"${card === chosen ? ' checked' : ''}> ${NAMES[card]}</label>`,
  ).join('');
const button = (action: string, label: string, other = false): string =>
  `<button name="action" value="${action}"${other ? ' class="other"' : ''}>${escaped(label)}</button>`;

const cardOf = (form: URLSearchParams): Card => CARDS.find((card) => card === form.get('card')) ?? 'success';

/** The pages that a payer sees: checkout, 3-D Secure, an open invoice, the portal. Null when there is no such page. */
export function showPage(bank: Bank, path: string, query: URLSearchParams): Page | null {
  const [, area, id = '', sub] = path.split('/');
  const { store } = bank;
  if (area === 'pay') {
    const session = store.session.get(id);
    if (!session) return null;
    if (session.status !== 'open') return page('Closed', `<h1>This page is closed</h1><p>Its state: ${session.status}.</p>`, 410);
    return sub === '3ds' ? confirmPage(session) : checkoutPage(bank, session, '', 'success');
  }
  if (area === 'invoice') {
    const invoice = store.invoice.get(id);
    if (!invoice) return null;
    const facts = `<h1>Invoice ${escaped(invoice.number)}</h1><p>${money(invoice.total, invoice.currency)}, ${invoice.status}</p>`;
    if (sub === 'pdf' || invoice.status !== 'open') return page('Invoice', facts);
    return page(
      'Invoice',
      `${facts}<form method="post"><fieldset><legend>Pay with</legend>${cards('success')}</fieldset>${button('pay', 'Pay')}</form>`,
    );
  }
  if (area === 'portal') {
    const customer = store.customer.get(id);
    if (!customer) return null;
    const back = escaped(query.get('return') ?? '');
    const form = `<form method="post"><input type="hidden" name="return" value="${back}"><fieldset><legend>Card</legend>${cards(customer.card ?? 'success')}</fieldset>
${button('card', 'Use this card')}${button('cancel', 'End the subscription', true)}${button('back', 'Back', true)}</form>`;
    return page('Billing', `<h1>Billing</h1><p>${escaped(customer.email)}</p>${form}`);
  }
  return null;
}

function checkoutPage(bank: Bank, session: Session, alert: string, chosen: string): Page {
  const price = bank.store.price.get(session.price);
  const every = price?.recurring ? ` every ${price.recurring.interval}` : '';
  const later = session.mode === 'payment' ? button('later', 'Pay by bank transfer (days)', true) : '';
  return page(
    'Pay',
    `<h1>Pay ${money(session.amount_total, session.currency)}${every}</h1><form method="post"><fieldset><legend>Card</legend>${cards(chosen)}</fieldset>
${alert === '' ? '' : `<p role="alert">${escaped(alert)}</p>`}${button('pay', 'Pay')}${later}${button('close', 'Cancel', true)}</form>`,
    alert === '' ? 200 : 402,
  );
}

const confirmPage = (session: Session): Page =>
  page(
    'Your bank',
    `<h1>Your bank asks: is it you?</h1><p>${money(session.amount_total, session.currency)}</p><form method="post">${button('confirm', 'Yes, pay')}${button('refuse', 'No', true)}</form>`,
  );

/** A button was pressed. */
export function pressButton(bank: Bank, path: string, form: URLSearchParams): Page | null {
  const [, area, id = ''] = path.split('/');
  const { store, outbox } = bank;
  const action = form.get('action');
  if (area === 'pay') {
    const session = store.session.get(id);
    if (!session) return null;
    if (session.status !== 'open') return page('Closed', '<h1>This page is closed</h1>', 410);
    if (action === 'close') return { location: session.cancel_url };
    if (action === 'refuse') return checkoutPage(bank, session, 'Your bank did not confirm the payment.', 'authentication');
    if (action === 'later' && session.mode === 'payment') {
      completeLater(bank, session);
      return { location: session.success_url };
    }
    const card = action === 'confirm' ? 'authentication' : cardOf(form);
    if (card === 'authentication' && action === 'pay') return { location: `/pay/${id}/3ds` };
    const { declined } = completeSession(bank, session, card);
    if (declined !== null) return checkoutPage(bank, session, `The card was declined: ${declined}.`, card);
    return { location: session.success_url.replace('{CHECKOUT_SESSION_ID}', session.id) };
  }
  if (area === 'invoice') {
    const invoice = store.invoice.get(id);
    if (invoice?.status !== 'open') return null;
    const customer = required(store.customer.get(invoice.customer), invoice.customer, 'customer');
    const owner = invoice.parent.subscription_details.subscription;
    customer.card = cardOf(form);
    pay(bank, invoice, required(store.subscription.get(owner), owner, 'subscription'), true);
    return { location: `/invoice/${id}` };
  }
  if (area === 'portal') {
    const customer = store.customer.get(id);
    if (!customer) return null;
    if (action === 'card') customer.card = cardOf(form);
    if (action === 'cancel') {
      for (const subscription of store.subscription.values()) {
        if (subscription.customer !== id || subscription.status === 'canceled') continue;
        // As the portal does it with flexible billing: a date, not the flag.
        Object.assign(subscription, { cancel_at: subscription.items.data[0]?.current_period_end ?? null, canceled_at: store.now() });
        outbox.emit('customer.subscription.updated', subscription);
      }
    }
    const back = form.get('return') ?? '';
    return { location: action === 'back' && /^https?:\/\//.test(back) ? back : `/portal/${id}?return=${encodeURIComponent(back)}` };
  }
  return null;
}
