import { fillText, TEXTS } from '@pingplex/shared/text';
import type { RawRoute } from '../../http/handlers.ts';
import { PAGE_STYLE, pageHtml, sourceHash } from './page-frame.ts';

type Locale = 'en' | 'ru';
/** Pages that links in mails lead to. */
export type MailPage = 'confirm' | 'reset' | 'email' | 'undo';
const ENDPOINT: Record<MailPage, string> = {
  confirm: '/v1/auth/verification/confirm',
  reset: '/v1/auth/password/reset',
  email: '/v1/auth/email/confirm',
  undo: '/v1/auth/email/undo',
};

const WORDS: Record<
  Locale,
  Record<MailPage, { title: string; text: string; button: string; done: string }> & {
    password: string;
    repeat: string;
    differ: string;
    offline: string;
  }
> = {
  en: {
    confirm: {
      title: 'Confirm your address',
      text: 'Press the button to create your pingplex account.',
      button: 'Confirm',
      done: 'Done. Go back to pingplex and sign in.',
    },
    reset: {
      title: 'Set a new password',
      text: 'At least 8 characters, better 15: a few words are easy to remember. Every device will be signed out.',
      button: 'Set the password',
      done: 'The new password is set. Go back to pingplex and sign in.',
    },
    email: {
      title: 'Confirm the new address',
      text: 'Press the button to use this address for your pingplex account.',
      button: 'Confirm',
      done: 'Done. From now on you sign in with this address.',
    },
    undo: {
      title: 'Take the change of address back',
      text: 'Your account gets its old address back, every device is signed out, the password ends, and so does what was linked since. A mail for a new password follows.',
      button: 'Take it back',
      done: 'Done. Look into your mail for the link to a new password.',
    },
    password: 'New password',
    repeat: 'The same again',
    differ: 'The two passwords differ.',
    offline: 'The server can’t be reached. Try again in a moment.',
  },
  ru: {
    confirm: {
      title: 'Подтвердите адрес',
      text: 'Нажмите кнопку, чтобы создать аккаунт pingplex.',
      button: 'Подтвердить',
      done: 'Готово. Вернитесь в pingplex и войдите.',
    },
    reset: {
      title: 'Новый пароль',
      text: 'Не меньше 8 символов, лучше 15: несколько слов легко запомнить. Все устройства выйдут из аккаунта.',
      button: 'Задать пароль',
      done: 'Новый пароль задан. Вернитесь в pingplex и войдите.',
    },
    email: {
      title: 'Подтвердите новый адрес',
      text: 'Нажмите кнопку, чтобы перевести аккаунт pingplex на этот адрес.',
      button: 'Подтвердить',
      done: 'Готово. Теперь входите с этим адресом.',
    },
    undo: {
      title: 'Вернуть прежний адрес',
      text: 'Аккаунт вернётся на прежний адрес, все устройства выйдут из него, пароль и всё привязанное после смены перестанут действовать. Письмо для нового пароля придёт следом.',
      button: 'Вернуть',
      done: 'Готово. Ссылка для нового пароля — в вашей почте.',
    },
    password: 'Новый пароль',
    repeat: 'Ещё раз',
    differ: 'Пароли не совпадают.',
    offline: 'Сервер недоступен. Попробуйте чуть позже.',
  },
};

/** Takes the token out of the address bar at once; sends it only when the button is pressed. */
const SCRIPT = `'use strict';
const token=new URLSearchParams(location.hash.slice(1)).get('token')||'';
history.replaceState(null,'',location.pathname+location.search);
const form=document.querySelector('form'),status=document.querySelector('[role=status]'),button=form.querySelector('button');
const say=JSON.parse(document.getElementById('words').textContent);
form.addEventListener('submit',async(event)=>{
event.preventDefault();
const body={token};
const fields=form.querySelectorAll('input');
if(fields.length){if(fields[0].value!==fields[1].value){status.textContent=say.differ;return}body.password=fields[0].value}
button.disabled=true;status.textContent='';
try{
const answer=await fetch(say.endpoint,{method:'POST',headers:{'Content-Type':'application/json'},body:JSON.stringify(body)});
if(answer.ok){form.hidden=true;status.textContent=say.done;return}
const problem=await answer.json();
status.textContent=say.errors[problem.code]||problem.title;
}catch{status.textContent=say.offline}
button.disabled=false;
});`;

const CSP = [
  "default-src 'none'",
  `script-src ${sourceHash(SCRIPT)}`,
  `style-src ${sourceHash(PAGE_STYLE)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pages behind the links of our mails (A13): opening one changes nothing, nothing is loaded from elsewhere, no cookie is set. */
export const mailPages: readonly RawRoute[] = (['confirm', 'reset', 'email', 'undo'] as const).map((page) => ({
  operations: {
    GET: {
      id: `auth.${page}Page`,
      summary: `The page behind the ${page} link of a mail; opening it changes nothing`,
      responses: { 200: { description: 'A page in the language asked for', type: 'text/html' } },
    },
  },
  path: `/mail/${page}`,
  access: 'public',
  handle(request, response, ctx) {
    const lang = request.query['lang'];
    response.setHeader('Content-Security-Policy', CSP);
    response.setHeader('Cache-Control', 'no-store');
    response.type('html').send(render(page, lang === 'ru' || lang === 'en' ? lang : ctx.locale));
  },
}));

function render(page: MailPage, locale: Locale): string {
  const words = WORDS[locale];
  const { title, text, button, done } = words[page];
  const errors = Object.fromEntries(
    Object.entries(TEXTS[locale].errors).flatMap(([code, e]) => (isShown(code) ? [[code, fillText(`${e.title}. ${e.next}`)]] : [])),
  );
  const say = JSON.stringify({ endpoint: ENDPOINT[page], done, differ: words.differ, offline: words.offline, errors }).replaceAll(
    '<',
    '\\u003c',
  );
  const input = (label: string): string =>
    `<label>${label}<input type="password" autocomplete="new-password" required minlength="8" maxlength="1024"></label>`;
  return pageHtml(
    locale,
    title,
    `<h1>${title}</h1><p>${text}</p>
<form>${page === 'reset' ? input(words.password) + input(words.repeat) : ''}<button>${button}</button></form><p role="status"></p>
<script type="application/json" id="words">${say}</script><script>${SCRIPT}</script>`,
  );
}

const isShown = (code: string): boolean => code.startsWith('auth.') || code.startsWith('request.') || code === 'internal.unexpected';
