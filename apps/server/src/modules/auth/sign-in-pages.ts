import { AppError, ERROR_CODES, toAppError } from '@pingplex/shared/errors';
import { fillText, TEXTS } from '@pingplex/shared/text';
import type { Request, Response } from 'express';
import type { RawRoute, RequestContext } from '../../http/handlers.ts';
import { clearCookie, cookieOf, formToken, readOwnForm, setCookie } from './browser-guard.ts';
import type { BrowserHops, ConfirmView } from './browser-sign-in.ts';
import { escapeHtml, PAGE_STYLE, pageHtml, sourceHash } from './page-frame.ts';
import { SIGN_IN_WORDS } from './sign-in-page-texts.ts';

type Locale = 'en' | 'ru';
type Deps = { hops: BrowserHops; sealingKey: Buffer; publicUrl: () => string | null };

const PAGE = { description: 'HTML', type: 'text/html' } as const;
/** Pressing the wrong digits leaves the page usable; everything else ends it. */
const CORRECTABLE = new Set([
  'auth.secondFactorRequired',
  'auth.secondFactorWrong',
  'request.rateLimited',
  'request.invalid',
  'request.busy',
]);

/**
 * The pages of a sign-in through the browser: to Google, back, and the one that asks before anything is handed over (A28). They set the
 * server's only cookie, load nothing and go nowhere but to Google and to the app's own listener (A39, A40).
 */
export function signInPages(deps: Deps): readonly RawRoute[] {
  const { hops } = deps;

  /** Answers with the page of an error instead of problem+json: a person reads it. */
  const orPage =
    (work: (request: Request, response: Response, ctx: RequestContext) => Promise<void>): RawRoute['handle'] =>
    async (request, response, ctx) => {
      try {
        await work(request, response, ctx);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === 'internal.unexpected') throw thrown;
        response.locals['code'] = error.code;
        clearCookie(response);
        send(response, ERROR_CODES[error.code].status, ctx.locale, note(titleOf(error, ctx.locale), nextOf(error, ctx.locale)));
      }
    };

  async function showConfirm(response: Response, secret: string | null, problem: AppError | null): Promise<void> {
    const view = await hops.view(secret);
    const locale = localeOf(view);
    const status = problem === null ? 200 : ERROR_CODES[problem.code].status;
    send(response, status, locale, confirmHtml(view, formToken(deps.sealingKey, secret ?? ''), locale, problem), view.row.redirectUri);
  }

  return [
    {
      operations: { GET: { id: 'auth.googleCallback', summary: 'Where Google sends the browser back', responses: { 303: PAGE } } },
      path: '/sign-in/google/callback',
      access: 'public',
      handle: orPage(async (request, response) => {
        const query = new URL(request.url, 'http://localhost').searchParams;
        if (query.get('error') === 'access_denied') throw new AppError('auth.browserSignInOver', 'the person declined');
        await hops.callback(cookieOf(request), query);
        // Away from the address that carries Google's code.
        response.redirect(303, '/sign-in/confirm');
      }),
    },
    {
      operations: { GET: { id: 'auth.googleBegin', summary: 'Sends the browser to Google', responses: { 303: PAGE } } },
      path: '/sign-in/google/:id',
      access: 'public',
      handle: orPage(async (request, response) => {
        const id = String(request.params['id']);
        if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) throw new AppError('auth.browserSignInOver', 'not an id');
        const { secret, location } = await hops.begin(id, cookieOf(request));
        setCookie(response, secret);
        response.setHeader('Cache-Control', 'no-store');
        response.redirect(303, location);
      }),
    },
    {
      operations: {
        GET: {
          id: 'auth.confirmSignInPage',
          summary: 'Asks before the app is signed in; opening it changes nothing',
          responses: { 200: PAGE },
        },
        POST: {
          id: 'auth.confirmSignIn',
          summary: 'The button of that page: hands a code to the app, or shows one to carry over',
          requestType: 'application/x-www-form-urlencoded',
          responses: { 200: PAGE, 303: { description: 'To the app’s own listener, with the code' } },
        },
      },
      path: '/sign-in/confirm',
      access: 'public',
      handle: orPage(async (request, response, ctx) => {
        if (request.method === 'GET') {
          await showConfirm(response, cookieOf(request), null);
          return;
        }
        const own = { sealingKey: deps.sealingKey, ownOrigin: new URL(deps.publicUrl() ?? 'http://localhost').origin };
        const { secret, fields } = await readOwnForm(request, response, own);
        if (fields.get('way') === 'cancel') {
          const locale = localeOf(await hops.view(secret));
          await hops.cancel(secret);
          clearCookie(response);
          const { title, text } = SIGN_IN_WORDS[locale].canceled;
          send(response, 200, locale, note(title, text));
          return;
        }
        await confirm(secret, fields, response, ctx);
      }),
    },
  ];

  async function confirm(secret: string, fields: ReadonlyMap<string, string>, response: Response, ctx: RequestContext): Promise<void> {
    const secondFactor = fields.get('secondFactor')?.trim();
    const given = { way: fields.get('way') === 'paste' ? 'paste' : 'app', adult: fields.get('adult') === 'on', secondFactor } as const;
    try {
      const over = await hops.confirm(secret, given, ctx.ip);
      if (over.way === 'app') {
        response.setHeader('Cache-Control', 'no-store');
        response.redirect(303, over.location);
        return;
      }
      const locale = localeOf(await hops.view(secret));
      const { title, text } = SIGN_IN_WORDS[locale].code;
      send(response, 200, locale, `<h1>${title}</h1><output>${over.code}</output><p>${text}</p>`);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!CORRECTABLE.has(error.code)) throw thrown;
      response.locals['code'] = error.code;
      await showConfirm(response, secret, error);
    }
  }
}

/** The language that the app speaks, not the browser's. */
const localeOf = ({ row }: ConfirmView): Locale => (row.locale === 'ru' ? 'ru' : 'en');
const titleOf = (error: AppError, locale: Locale): string => TEXTS[locale].errors[error.code].title;
const nextOf = (error: AppError, locale: Locale): string => fillText(TEXTS[locale].errors[error.code].next, error.params ?? {});
const note = (title: string, text: string): string => `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`;

/** @param redirectUri address of the app's listener: besides ourselves the only place that a form of the page may end at */
function send(response: Response, status: number, locale: Locale, main: string, redirectUri: string | null = null): void {
  const title = /<h1>(.*?)<\/h1>/.exec(main)?.[1] ?? '';
  const target = redirectUri === null ? '' : ` ${new URL(redirectUri).origin}`;
  const policy = [
    "default-src 'none'",
    `style-src ${sourceHash(PAGE_STYLE)}`,
    `form-action 'self'${target}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  response.setHeader('Content-Security-Policy', policy.join('; '));
  response.setHeader('Cache-Control', 'no-store');
  response
    .status(status)
    .type('html')
    .send(pageHtml(locale, title, main));
}

function confirmHtml(
  { row, found, needsSecondFactor, isConfirmed }: ConfirmView,
  token: string,
  locale: Locale,
  problem: AppError | null,
): string {
  const words = SIGN_IN_WORDS[locale];
  if (!('user' in found) && found.kind !== 'create') {
    const { title, text } = words.refusal[found.kind];
    return note(title, text);
  }
  const { title, text, button } = words.asking[found.kind];
  const names: Record<string, string> = {
    device: row.deviceName,
    google: row.googleEmail ?? 'Google',
    account: found.kind === 'create' ? found.email : found.user.email,
  };
  const filled = escapeHtml(text).replaceAll(/\{(\w+)\}/g, (_, name: string) => escapeHtml(names[name] ?? ''));
  const told =
    problem === null
      ? null
      : problem.code === 'request.invalid'
        ? words.adultMissing
        : `${titleOf(problem, locale)}. ${nextOf(problem, locale)}`;
  const factor = `<label>${words.secondFactor}<input name="secondFactor" autocomplete="one-time-code" required maxlength="40"></label>`;
  const adult = `<label><input type="checkbox" name="adult" required> ${words.adult}</label>`;
  const toApp = row.redirectUri === null ? '' : `<button name="way" value="app">${button}</button>`;
  const byHand = `<button ${toApp === '' ? '' : 'class="quiet" '}name="way" value="paste">${words.showCode}</button>`;
  return `<h1>${title}</h1><p>${isConfirmed ? words.again : filled}</p><p class="warn">${words.warning}</p>
${told === null ? '' : `<p role="alert">${escapeHtml(told)}</p>`}
<form method="post" action="/sign-in/confirm"><input type="hidden" name="token" value="${token}">
${found.kind === 'create' && !isConfirmed ? adult : ''}${needsSecondFactor ? factor : ''}
<div class="row">${isConfirmed ? '' : toApp}${byHand}<button class="quiet" name="way" value="cancel" formnovalidate>${words.cancel}</button></div></form>`;
}
