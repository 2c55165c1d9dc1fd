import { createHash } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import express, { type Request, type Response } from 'express';
import type { RawRoute } from '../../http/handlers.ts';
import { asUuid } from './context.ts';
import { receive, ring } from './inbox.ts';
import type { PaymentDeps } from './types.ts';

type Locale = 'en' | 'ru';
type Page = 'done' | 'canceled';

const WORDS: Record<Locale, Record<Page, { title: string; text: string }> & { back: string }> = {
  en: {
    done: { title: 'Thank you', text: 'pingplex shows the result by itself, mostly within seconds. You can close this page.' },
    canceled: { title: 'Nothing was paid', text: 'You can close this page and go on in pingplex.' },
    back: 'Back to pingplex',
  },
  ru: {
    done: { title: 'Спасибо', text: 'pingplex сам покажет результат, обычно за несколько секунд. Эту страницу можно закрыть.' },
    canceled: { title: 'Ничего не оплачено', text: 'Эту страницу можно закрыть и вернуться в pingplex.' },
    back: 'Вернуться в pingplex',
  },
};

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26em;margin:12vh auto;padding:0 1.2em}
a{display:inline-block;padding:.7em 1.4em;border-radius:8px;background:#1f5eff;color:#fff;text-decoration:none}
a:focus-visible{outline:3px solid #7aa2ff;outline-offset:2px}`;
const CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** Raw bytes, whatever they claim to be: a signature is over the bytes as they came. */
const readRaw = express.raw({ type: () => true, limit: 1_000_000, inflate: false });

/** Where processors send messages and browsers. */
export function paymentRawRoutes(deps: PaymentDeps): RawRoute[] {
  return [
    ...(['', '/:secret'] as const).map(
      (secret): RawRoute => ({
        operations: {
          POST: {
            id: secret === '' ? 'billing.webhook' : 'billing.secretWebhook',
            summary: `Messages of a payment processor${secret === '' ? '' : ' that signs nothing, at an address only it knows'}; answered once they are stored`,
            requestType: 'application/json',
            responses: { 200: { description: 'Stored, and it will be applied', type: 'application/json' } },
          },
        },
        path: `/v1/webhooks/:processor${secret}`,
        access: 'public',
        async handle(request, response, ctx) {
          const raw = await rawBody(request, response);
          const { processor, secret: told } = request.params;
          if (typeof processor !== 'string' || !Object.hasOwn(deps.processors, processor))
            throw new AppError('request.notFound', 'there is nothing here');
          await receive(deps, processor, { raw, headers: request.headers, ip: ctx.ip, secret: typeof told === 'string' ? told : '' });
          response.json({ received: true });
        },
      }),
    ),
    ...(['done', 'canceled'] as const).map(
      (page): RawRoute => ({
        operations: {
          GET: {
            id: `billing.${page}Page`,
            summary: `Where a processor sends the browser (${page}); it changes nothing and only makes the server look sooner`,
            responses: { 200: { description: 'A page in the language asked for', type: 'text/html' } },
          },
        },
        path: `/pay/${page}`,
        access: 'public',
        async handle(request, response, ctx) {
          const asked = request.query['lang'];
          const id = asUuid(String(request.query['purchase'] ?? ''));
          // Anybody may open this page; it is no proof of anything.
          const purchase = id === null ? null : await deps.db.purchase.findUnique({ where: { id } });
          if (purchase && purchase.externalId !== null && purchase.state !== 'paid') {
            await ring(deps, purchase.processor, { type: 'checkout', id: purchase.externalId });
          }
          response.setHeader('Content-Security-Policy', CSP);
          response.setHeader('Cache-Control', 'no-store');
          response.type('html').send(render(page, asked === 'ru' || asked === 'en' ? asked : ctx.locale, id));
        },
      }),
    ),
  ];
}

async function rawBody(request: Request, response: Response): Promise<Buffer> {
  await new Promise<void>((resolve, reject) =>
    readRaw(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error))),
  );
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function render(page: Page, locale: Locale, purchase: string | null): string {
  const { [page]: words, back } = WORDS[locale];
  const link = purchase === null ? 'pingplex://purchase' : `pingplex://purchase/${purchase}`;
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer"><title>${words.title} · pingplex</title><style>${STYLE}</style></head>
<body><main><h1>${words.title}</h1><p>${words.text}</p><p><a href="${link}">${back}</a></p></main></body></html>`;
}
