import { createHash } from 'node:crypto';
import { fillText, TEXTS } from '@pingplex/shared/text';
import type { RawRoute } from '../../http/handlers.ts';

type Locale = 'en' | 'ru';
type Page = 'confirm' | 'reset';
const ENDPOINT: Record<Page, string> = { confirm: '/v1/auth/verification/confirm', reset: '/v1/auth/password/reset' };

const WORDS: Record<
  Locale,
  Record<Page, { title: string; text: string; button: string; done: string }> & {
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
    password: 'Новый пароль',
    repeat: 'Ещё раз',
    differ: 'Пароли не совпадают.',
    offline: 'Сервер недоступен. Попробуйте чуть позже.',
  },
};

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26em;margin:12vh auto;padding:0 1.2em}
label{display:block;margin:1em 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.6em;margin-top:.3em}
button{font:inherit;padding:.7em 1.4em;border:0;border-radius:8px;background:#1f5eff;color:#fff;cursor:pointer}button:disabled{opacity:.5}
button:focus-visible,input:focus-visible{outline:3px solid #7aa2ff;outline-offset:2px}[role=status]{margin-top:1.2em;font-weight:600}`;

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

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const CSP = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pages behind the links of our mails (A13): opening one changes nothing, nothing is loaded from elsewhere, no cookie is set. */
export const mailPages: readonly RawRoute[] = (['confirm', 'reset'] as const).map((page) => ({
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

function render(page: Page, locale: Locale): string {
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
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer"><title>${title} · pingplex</title><style>${STYLE}</style></head><body><main><h1>${title}</h1><p>${text}</p>
<form>${page === 'reset' ? input(words.password) + input(words.repeat) : ''}<button>${button}</button></form><p role="status"></p></main>
<script type="application/json" id="words">${say}</script><script>${SCRIPT}</script></body></html>`;
}

const isShown = (code: string): boolean => code.startsWith('auth.') || code.startsWith('request.') || code === 'internal.unexpected';
