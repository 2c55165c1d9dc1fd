import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import { type BankState, createBank } from './bank.ts';
import { createMessenger, Delivery } from './messages.ts';
import { browse } from './pages.ts';
import { CARDS, YooKassaRefusal } from './types.ts';

export type YooKassaSandboxOptions = { port: number; folder: string; shopId: string; secretKey: string; receipts: boolean };

/** Sent to `POST /_sandbox`. */
export const Order = z.strictObject({
  /** What a shop sets in its profile: where messages go. */
  notifyUrl: z.url().optional(),
  delivery: Delivery.optional(),
  /** Calls that fail: `before` (nothing done, cut), `error` (done, answered 500), `after` (done, cut). */
  faults: z
    .array(z.strictObject({ call: z.string(), kind: z.enum(['before', 'after', 'error']), times: z.int().min(1).default(1) }))
    .optional(),
  /** Moves the virtual clock by so many seconds. */
  advance: z.int().min(1).optional(),
  /** How a saved card behaves from now on. */
  card: z.strictObject({ method: z.string(), card: z.enum(CARDS) }).optional(),
  failRefund: z.string().optional(),
  /** A refund made by hand in the shop's profile. */
  refund: z.strictObject({ payment: z.string(), value: z.string() }).optional(),
});
export type Order = z.input<typeof Order>;

type Call = { method: string; path: string; key: string | null; body: unknown; status: number };
export type RunningYooKassa = {
  url: string;
  state: BankState;
  journal: Call[];
  now(): number;
  order(order: Order): Promise<Record<string, unknown>>;
  settled(): Promise<void>;
  stop(): Promise<void>;
};

const KEY = /^[0-9a-zA-Z+\-_.]{1,64}$/;

/** A stand-in for YooKassa's API v3: payments by page and by saved card, card pages, refunds, receipts, unsigned messages. */
export async function startYooKassaSandbox(options: YooKassaSandboxOptions): Promise<RunningYooKassa> {
  mkdirSync(options.folder, { recursive: true });
  const file = path.join(options.folder, 'state.json');
  const kept = snapshot(file);
  const table = (name: string) => new Map(kept[name] as [string, never][] | undefined);
  const state: BankState = { payments: table('payments'), refunds: table('refunds'), methods: table('methods'), cards: table('cards') };
  const answers = new Map<string, { hash: string; status: number; text: string }>(table('answers'));
  let offset = typeof kept['offset'] === 'number' ? kept['offset'] : 0;
  let faults: NonNullable<z.output<typeof Order>['faults']> = [];
  let url = '';
  const journal: Call[] = [];
  const now = (): number => Date.now() + offset;
  const messenger = createMessenger();
  const bank = createBank(state, { shopId: options.shopId, receipts: options.receipts, now, notify: messenger.notify, origin: () => url });
  const authorization = `Basic ${Buffer.from(`${options.shopId}:${options.secretKey}`).toString('base64')}`;

  function save(): void {
    const all = Object.fromEntries(Object.entries(state).map(([name, map]) => [name, [...map]]));
    writeFileSync(`${file}.new`, JSON.stringify({ ...all, answers: [...answers], offset }));
    renameSync(`${file}.new`, file);
  }

  function answer(method: string, asked: URL, headers: IncomingMessage['headers'], body: unknown): { status: number; text: string } {
    if (headers.authorization !== authorization) throw new YooKassaRefusal(401, 'invalid_credentials', 'wrong shop or key');
    if (method === 'GET') return { status: 200, text: JSON.stringify(read(asked)) };
    const key = headers['idempotence-key'];
    if (typeof key !== 'string' || !KEY.test(key)) throw new YooKassaRefusal(400, 'invalid_request', 'a key is needed', 'Idempotence-Key');
    const hash = createHash('sha256')
      .update(`${asked.pathname} ${JSON.stringify(body)}`)
      .digest('hex');
    const known = answers.get(key);
    if (known && known.hash !== hash)
      throw new YooKassaRefusal(400, 'invalid_request', 'the key was used for another body', 'Idempotence-Key');
    if (known) return known;
    const make = { '/payments': bank.createPayment, '/refunds': bank.createRefund, '/payment_methods': bank.createMethod }[asked.pathname];
    if (!make) throw new YooKassaRefusal(404, 'not_found', 'no such path');
    const done = { status: 200, text: JSON.stringify(make(body)) };
    answers.set(key, { hash, ...done });
    return done;
  }

  function read(asked: URL): unknown {
    const [, name, id] = asked.pathname.split('/');
    if (name === 'me') return { account_id: options.shopId, test: true, status: 'enabled', fiscalization_enabled: options.receipts };
    if (name === 'payment_methods' && id !== undefined) return bank.method(id);
    if (name === 'payments') return id === undefined ? list([...state.payments.values()], asked) : bank.payment(id);
    if (name === 'refunds') return id === undefined ? list([...state.refunds.values()], asked) : bank.refund(id);
    throw new YooKassaRefusal(404, 'not_found', 'no such path');
  }

  async function order(given: Order): Promise<Record<string, unknown>> {
    const wish = Order.parse(given);
    const done: Record<string, unknown> = {};
    if (wish.notifyUrl !== undefined) messenger.setUrl(wish.notifyUrl);
    if (wish.delivery) messenger.setDelivery(wish.delivery);
    if (wish.faults) faults = wish.faults;
    if (wish.card) state.cards.set(wish.card.method, wish.card.card);
    if (wish.failRefund !== undefined) bank.failRefund(bank.refund(wish.failRefund));
    if (wish.refund)
      done['refund'] = bank.createRefund({
        payment_id: wish.refund.payment,
        amount: { value: wish.refund.value, currency: 'RUB' },
        ...handReceipt(wish.refund.value),
      }).id;
    if (wish.advance !== undefined) {
      offset += wish.advance * 1000;
      bank.expire();
    }
    save();
    return { ...done, now: new Date(now()).toISOString() };
  }

  /** The shop's profile makes the receipt by itself. */
  const handReceipt = (value: string) =>
    options.receipts
      ? {
          receipt: {
            customer: { email: 'shop@example.org' },
            items: [
              {
                description: 'refund',
                quantity: 1,
                amount: { value, currency: 'RUB' },
                vat_code: 1,
                measure: 'piece',
                payment_subject: 'service',
                payment_mode: 'full_payment',
              },
            ],
          },
        }
      : {};

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const asked = new URL(request.url ?? '/', url);
    const text = await readText(request);
    if (asked.pathname === '/_sandbox') {
      response.setHeader('content-type', 'application/json');
      if (method === 'GET')
        return void response.end(
          JSON.stringify({
            now: new Date(now()).toISOString(),
            journal,
            payments: [...state.payments.values()],
            refunds: [...state.refunds.values()],
          }),
        );
      const parsed = Order.safeParse(text === '' ? {} : JSON.parse(text));
      response.statusCode = parsed.success ? 200 : 400;
      return void response.end(JSON.stringify(parsed.success ? await order(parsed.data) : parsed.error.issues));
    }
    if (/^\/(pay|bind)\//.test(asked.pathname)) {
      const page = browse(bank, method, asked.pathname, new URLSearchParams(method === 'POST' ? text : ''));
      if (method === 'POST') save();
      response.writeHead(page.status, {
        'content-type': 'text/html; charset=utf-8',
        ...(page.location === undefined ? {} : { location: page.location }),
      });
      return void response.end(page.html);
    }
    const fault = faults.find((f) => f.times > 0 && `${method} ${asked.pathname}`.startsWith(f.call));
    if (fault) fault.times -= 1;
    if (fault?.kind === 'before') return void response.destroy();
    const body: unknown = method === 'POST' && text !== '' ? JSON.parse(text) : {};
    const done = attempt(() => answer(method, asked, request.headers, body));
    const key = request.headers['idempotence-key'];
    journal.push({ method, path: asked.pathname, key: typeof key === 'string' ? key : null, body, status: done.status });
    if (method === 'POST') save();
    if (fault?.kind === 'after') return void response.destroy();
    const sent =
      fault?.kind === 'error'
        ? attempt(() => {
            throw new YooKassaRefusal(500, 'internal_server_error', 'try again');
          })
        : done;
    response.writeHead(sent.status, { 'content-type': 'application/json' }).end(sent.text);
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
    ...{ url, state, journal, now, order, settled: messenger.settled },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function attempt(work: () => { status: number; text: string }): { status: number; text: string } {
  try {
    return work();
  } catch (error) {
    const { status, code, message, parameter } =
      error instanceof YooKassaRefusal ? error : new YooKassaRefusal(500, 'internal_server_error', String(error));
    const shown = { type: 'error', id: 'sandbox', code, description: message, ...(parameter === null ? {} : { parameter }) };
    return { status, text: JSON.stringify(shown) };
  }
}

/** Newest first, in pages, by the filters that we use. */
function list(
  all: readonly { id: string; status: string; created_at: string; captured_at?: string; payment_id?: string }[],
  asked: URL,
): unknown {
  const query = asked.searchParams;
  for (const name of query.keys()) {
    if (!['limit', 'cursor', 'status', 'created_at.gte', 'captured_at.gte', 'payment_id'].includes(name)) {
      throw new YooKassaRefusal(400, 'invalid_request', 'unknown filter', name);
    }
  }
  const fits = (value: string | undefined, name: string): boolean =>
    !query.has(name) || (value !== undefined && value >= (query.get(name) ?? ''));
  const found = [...all]
    .reverse()
    .filter(
      (o) =>
        (!query.has('status') || o.status === query.get('status')) &&
        (!query.has('payment_id') || o.payment_id === query.get('payment_id')) &&
        fits(o.created_at, 'created_at.gte') &&
        fits(o.captured_at, 'captured_at.gte'),
    );
  const limit = Number(query.get('limit') ?? 10);
  if (!(limit >= 1 && limit <= 100)) throw new YooKassaRefusal(400, 'invalid_request', '1 to 100', 'limit');
  const from = Number(query.get('cursor') ?? 0);
  const more = found.length > from + limit ? { next_cursor: String(from + limit) } : {};
  return { type: 'list', items: found.slice(from, from + limit), ...more };
}

function snapshot(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}
