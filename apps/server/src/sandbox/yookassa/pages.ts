import type { Bank } from './bank.ts';
import { CARDS, type Card, YooKassaRefusal } from './types.ts';

type Page = { status: number; html: string; location?: string };

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:28em;margin:8vh auto;padding:0 1.2em}
.sandbox{background:#ffe08a;color:#3b2f00;padding:.4em .8em;border-radius:6px;font-weight:600}fieldset{border:1px solid #8886;border-radius:8px;margin:1em 0}
label{display:block;padding:.35em 0}button{font:inherit;padding:.7em 1.2em;border:0;border-radius:8px;background:#0a7cff;color:#fff;cursor:pointer;margin:.3em .3em 0 0}
button.other{background:#8883;color:inherit}button:focus-visible,input:focus-visible{outline:3px solid #7ab8ff;outline-offset:2px}`;

const NAMES: Record<Card, string> = {
  pays: 'Платит всегда',
  insufficient_funds: 'При автоплатеже не хватит денег',
  card_expired: 'При автоплатеже срок карты истёк',
  permission_revoked: 'Автоплатежи отозваны владельцем',
};

function page(body: string, status = 200): Page {
  const head =
    '<!doctype html><html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Оплата</title>';
  return {
    status,
    html: `${head}<style>${STYLE}</style></head><body><main><p class="sandbox">Песочница: настоящих денег нет</p>${body}</main></body></html>`,
  };
}

const cards = (): string =>
  CARDS.map((card, i) => `<label><input type="radio" name="card" value="${card}"${i === 0 ? ' checked' : ''}> ${NAMES[card]}</label>`).join(
    '',
  );
const button = (action: string, label: string, other = false): string =>
  `<button name="action" value="${action}"${other ? ' class="other"' : ''}>${label}</button>`;
const cardOf = (form: URLSearchParams): Card => CARDS.find((card) => card === form.get('card')) ?? 'pays';
const to = (location: string): Page => ({ status: 303, html: '', location });

/** The page where one pays, and the one where a card is saved; shown, or a button of it pressed. */
export function browse(bank: Bank, method: string, path: string, form: URLSearchParams): Page {
  const [, area, id = ''] = path.split('/');
  try {
    return area === 'pay' ? payPage(bank, method, id, form) : bindPage(bank, method, id, form);
  } catch (error) {
    if (error instanceof YooKassaRefusal) return page('<h1>Ничего нет</h1>', 404);
    throw error;
  }
}

function payPage(bank: Bank, method: string, id: string, form: URLSearchParams): Page {
  const payment = bank.payment(id);
  if (payment.status !== 'pending') return page(`<h1>Страница закрыта</h1><p>${payment.status}</p>`, 410);
  const back = payment.confirmation?.return_url ?? '';
  if (method === 'POST') {
    const action = form.get('action');
    if (action === 'decline') bank.decline(payment, form.get('reason') ?? 'general_decline');
    if (action === 'pay') bank.pay(payment, cardOf(form), form.get('keep') !== 'no');
    return to(back);
  }
  const keep =
    payment.payment_method === undefined
      ? ''
      : '<label><input type="checkbox" name="keep" value="no"> Не сохранять карту для автоплатежей</label>';
  return page(`<h1>К оплате ${payment.amount.value} ₽</h1><form method="post"><fieldset><legend>Карта</legend>${cards()}${keep}</fieldset>
${button('pay', 'Заплатить')}${button('decline', 'Отказ банка', true)}${button('close', 'Закрыть', true)}</form>`);
}

function bindPage(bank: Bank, method: string, id: string, form: URLSearchParams): Page {
  const saved = bank.method(id);
  if (saved.status !== 'pending') return page('<h1>Карта уже привязана</h1>', 410);
  if (method === 'POST') {
    if (form.get('action') === 'bind') bank.bind(saved, cardOf(form));
    return to(saved.confirmation?.return_url ?? '');
  }
  return page(
    `<h1>Привязать карту</h1><form method="post"><fieldset><legend>Карта</legend>${cards()}</fieldset>${button('bind', 'Привязать')}${button('close', 'Закрыть', true)}</form>`,
  );
}
