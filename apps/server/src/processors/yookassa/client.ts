import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';

/** What is written on receipts (54-FZ); an accountant decides. */
export type ReceiptSettings = { vatCode: number; taxSystem: number | null; subject: string; mode: string };

export type YooKassaConnection = {
  shopId: string;
  secretKey: string;
  /** Part of the address that only the processor was told: its messages carry no signature. */
  webhookSecret: string;
  /** Our stand-in or a proxy; null: the real service. */
  baseUrl: string | null;
  /** Null: the shop makes no receipts through the processor. */
  receipts: ReceiptSettings | null;
  isSandbox: boolean;
};

const URL_OF_SERVICE = 'https://api.yookassa.ru/v3';
const TIMEOUT_MS = 20_000;
const Refusal = z.object({ code: z.string(), parameter: z.string().optional() });

export type YooKassaClient = {
  /** @param key the same key is the same act for a day */
  post<T>(path: string, key: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** Null when there is no such object. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T | null>;
  /** All pages of a list. */
  list<T>(path: string, query: Record<string, string>, schema: z.ZodType<T>): Promise<T[]>;
};

/** Basic authentication, JSON both ways. No retries of its own: our jobs repeat with the same key. */
export function createYooKassaClient(connection: YooKassaConnection): YooKassaClient {
  const base = (connection.baseUrl ?? URL_OF_SERVICE).replace(/\/+$/, '');
  const authorization = `Basic ${Buffer.from(`${connection.shopId}:${connection.secretKey}`).toString('base64')}`;

  async function ask(method: string, path: string, more: { headers?: Record<string, string>; body?: string }): Promise<Response> {
    const headers = { authorization, ...(more.body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers };
    const request = { method, headers, redirect: 'error' as const, signal: AbortSignal.timeout(TIMEOUT_MS) };
    return fetch(`${base}${path}`, { ...request, ...(more.body === undefined ? {} : { body: more.body }) }).catch((cause: unknown) => {
      throw new AppError('billing.processorDown', 'yookassa: no answer', { cause });
    });
  }

  async function read<T>(answer: Response, schema: z.ZodType<T>): Promise<T> {
    const body: unknown = await answer.json().catch(() => undefined);
    // Processing, too many, a key that is wrong, a broken answer: nothing is known, the same call again.
    const isOpen = answer.status === 202 || answer.status === 401 || answer.status === 403 || answer.status === 429 || answer.status >= 500;
    if (isOpen || (answer.ok && body === undefined)) throw new AppError('billing.processorDown', `yookassa: ${answer.status}`);
    if (!answer.ok) {
      const { code, parameter } = Refusal.catch({ code: String(answer.status) }).parse(body);
      throw new AppError('billing.processorRefused', `yookassa: ${[code, parameter].filter(Boolean).join(' ')}`);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw new AppError('billing.processorDown', 'yookassa: an answer that makes no sense', { cause: parsed.error });
    return parsed.data;
  }

  return {
    async post(path, key, body, schema) {
      return read(await ask('POST', path, { headers: { 'Idempotence-Key': key }, body: JSON.stringify(body) }), schema);
    },
    async get(path, schema) {
      const answer = await ask('GET', path, {});
      return answer.status === 404 ? null : read(answer, schema);
    },
    async list(path, query, schema) {
      const Page = z.object({ items: z.array(schema), next_cursor: z.string().optional() });
      const found = [];
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const search = new URLSearchParams({ ...query, limit: '100', ...(cursor === '' ? {} : { cursor }) });
        const page: z.infer<typeof Page> = await read(await ask('GET', `${path}?${search}`, {}), Page);
        found.push(...page.items);
        cursor = page.next_cursor;
      }
      return found;
    },
  };
}
