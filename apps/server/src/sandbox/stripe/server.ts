import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Bank } from './billing.ts';
import { type Fault, Order, obey } from './control.ts';
import { ENDPOINTS } from './endpoints.ts';
import { expanded } from './expand.ts';
import { createOutbox, type Outbox, STRIPE_VERSION } from './outbox.ts';
import { type Page, pressButton, showPage } from './pages.ts';
import { decodeForm, listed, type Params, StripeRefusal } from './params.ts';
import { openStore, type Store } from './store.ts';

export type StripeSandboxOptions = {
  port: number;
  /** Where its state lives: a restart forgets nothing. */
  folder: string;
  apiKey: string;
  /** Signs its messages; told by every endpoint that is made. */
  webhookSecret: string;
};

export type RunningStripe = {
  url: string;
  store: Store;
  outbox: Outbox;
  /** What `POST /_sandbox` does. */
  order(order: Order): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
};

type Answer = { status: number; body: string; headers?: Record<string, string> };

/** The real service is versioned by the header; only the one that our code is written for is spoken here. */
export async function startStripeSandbox(options: StripeSandboxOptions): Promise<RunningStripe> {
  const store = openStore(options.folder);
  const outbox = createOutbox(store, options.webhookSecret);
  let url = '';
  let faults: Fault[] = [];
  const bank: Bank = { store, outbox, origin: () => url };
  const order = (given: Order) => obey(bank, Order.parse(given), (next) => (faults = next));

  function faultOf(call: string): Fault['kind'] | null {
    const fault = faults.find((f) => f.times > 0 && call.startsWith(f.call));
    if (!fault) return null;
    fault.times -= 1;
    return fault.kind;
  }

  function answer(method: string, path: string, headers: IncomingMessage['headers'], params: Params): Answer {
    if (headers.authorization !== `Bearer ${options.apiKey}`) throw new StripeRefusal(401, null, 'Invalid API Key provided');
    if (headers['stripe-version'] !== STRIPE_VERSION) throw new StripeRefusal(400, null, `This stand-in speaks ${STRIPE_VERSION} only.`);
    const key = headers['idempotency-key'];
    const hash = createHash('sha256')
      .update(`${method} ${path} ${JSON.stringify(params)}`)
      .digest('hex');
    const known = typeof key === 'string' && method === 'POST' ? store.answers.get(key) : undefined;
    if (known !== undefined) {
      if (known.hash !== hash) {
        throw new StripeRefusal(
          400,
          null,
          'Keys for idempotent requests can only be used with the same parameters.',
          null,
          'idempotency_error',
        );
      }
      return { status: known.status, body: known.body, headers: { 'idempotent-replayed': 'true' } };
    }
    const { handler, id } = findEndpoint(method, path);
    const result = expanded(store, handler({ bank, params, id }), listed(params, 'expand').map(String));
    const shown = method === 'POST' && path === '/v1/webhook_endpoints' ? { ...(result as object), secret: options.webhookSecret } : result;
    const done = { status: 200, body: JSON.stringify(shown) };
    if (typeof key === 'string' && method === 'POST') store.answers.set(key, { hash, ...done });
    return done;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const asked = new URL(request.url ?? '/', url);
    const body = await readBody(request);
    if (asked.pathname === '/_sandbox') return control(method, body, response);
    if (!asked.pathname.startsWith('/v1/')) return showTo(response, browse(method, asked, body));
    const params = decodeForm(method === 'POST' ? body : asked.search.slice(1));
    const call = `${method} ${asked.pathname}`;
    const fault = faultOf(call);
    const done =
      fault === 'before' ? null : fault === 'limit' ? refusal(new StripeRefusal(429, 'rate_limit', 'Too many requests')) : attempt();
    function attempt(): Answer {
      try {
        return answer(method, asked.pathname, request.headers, params);
      } catch (error) {
        return refusal(error instanceof StripeRefusal ? error : new StripeRefusal(500, null, String(error), null, 'api_error'));
      }
    }
    const key = request.headers['idempotency-key'];
    const replayed = done?.headers?.['idempotent-replayed'] === 'true';
    store.journal.push({
      at: new Date().toISOString(),
      method,
      path: asked.pathname,
      key: typeof key === 'string' ? key : null,
      params,
      status: done?.status ?? 0,
      replayed,
    });
    if (method !== 'GET') store.save();
    if (done === null || fault === 'after') return void response.destroy();
    const sent = fault === 'error' ? refusal(new StripeRefusal(500, null, 'An error occurred', null, 'api_error')) : done;
    response.writeHead(sent.status, {
      'content-type': 'application/json',
      'request-id': store.id('req'),
      'stripe-version': STRIPE_VERSION,
      ...sent.headers,
    });
    response.end(fault === 'broken' ? sent.body.slice(0, sent.body.length / 2) : sent.body);
  }

  async function control(method: string, body: string, response: ServerResponse): Promise<void> {
    response.setHeader('content-type', 'application/json');
    if (method === 'GET') {
      const { journal, event, intent, session, customer, subscription, dispute, refund } = store;
      const shown = { event, intent, session, customer, subscription, dispute, refund };
      const all = Object.fromEntries(Object.entries(shown).map(([name, table]) => [name, [...table.values()]]));
      return void response.end(JSON.stringify({ now: store.now(), delivery: outbox.delivery(), journal, ...all }));
    }
    const parsed = Order.safeParse(body === '' ? {} : JSON.parse(body));
    response.statusCode = parsed.success ? 200 : 400;
    response.end(JSON.stringify(parsed.success ? await order(parsed.data) : parsed.error.issues));
  }

  function browse(method: string, asked: URL, body: string): Page | null {
    const page =
      method === 'POST' ? pressButton(bank, asked.pathname, new URLSearchParams(body)) : showPage(bank, asked.pathname, asked.searchParams);
    if (method === 'POST') store.save();
    return page;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`;
  return {
    url,
    store,
    outbox,
    order,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          store.flush();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function findEndpoint(method: string, path: string): { handler: (typeof ENDPOINTS)[string]; id: string } {
  const parts = path.split('/');
  for (const [route, handler] of Object.entries(ENDPOINTS)) {
    const [verb, pattern = ''] = route.split(' ');
    const wanted = pattern.split('/');
    if (verb !== method || wanted.length !== parts.length) continue;
    if (!wanted.every((part, i) => part === ':id' || part === parts[i])) continue;
    return { handler, id: parts[wanted.indexOf(':id')] ?? '' };
  }
  throw new StripeRefusal(404, null, `Unrecognized request URL (${method}: ${path}).`);
}

function refusal({ status, type, code, message, param }: StripeRefusal): Answer {
  return {
    status,
    body: JSON.stringify({ error: { type, message, ...(code === null ? {} : { code }), ...(param === null ? {} : { param }) } }),
  };
}

function showTo(response: ServerResponse, page: Page | null): void {
  if (page === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here.');
  } else if ('location' in page) {
    response.writeHead(303, { location: page.location }).end();
  } else {
    response.writeHead(page.status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(page.html);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}
