import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { ApiClient } from '../api/index.ts';
import type { SecretStore } from './secret-store.ts';

const NAME = 'revocations';
const Tokens = z.array(z.string()).max(50);

/** Sign-outs that the server hasn't heard of yet. They wait where other secrets do. */
export type Revocations = { add(token: string): Promise<void>; flush(): Promise<void> };

export function createRevocations(api: ApiClient, secrets: SecretStore): Revocations {
  let pending: string[] = [];
  let isRead = false;
  let flushing: Promise<void> | undefined;

  async function read(): Promise<void> {
    if (isRead) return;
    isRead = true;
    const { value } = await secrets.get(NAME);
    if (value === null) return;
    try {
      const parsed = Tokens.safeParse(JSON.parse(value));
      if (parsed.success) pending = [...parsed.data, ...pending];
    } catch {
      await secrets.delete(NAME);
    }
  }

  async function save(): Promise<void> {
    if (pending.length === 0) await secrets.delete(NAME);
    else await secrets.set(NAME, JSON.stringify(pending));
  }

  async function send(): Promise<void> {
    await read();
    while (pending.length > 0) {
      const [token] = pending;
      if (token === undefined) return;
      try {
        await api.call('auth.signOut', { body: { refreshToken: token } }, { retries: 0, timeoutMs: 5000 });
      } catch (thrown) {
        const isPassing = thrown instanceof AppError && (thrown.code.startsWith('network.') || thrown.code === 'request.rateLimited');
        if (isPassing) return;
        // A definite answer (unknown, ended already) needs no second try.
      }
      pending = pending.slice(1);
      await save();
    }
  }

  return {
    add: async (token) => {
      await read();
      pending = [...pending, token].slice(-50);
      await save();
    },
    flush: () => {
      flushing ??= send().finally(() => {
        flushing = undefined;
      });
      return flushing;
    },
  };
}
