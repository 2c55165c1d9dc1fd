import { AppError, ERROR_CODES } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { ApiClient } from '../api/index.ts';
import type { SecretStore } from './secret-store.ts';

const NAME = 'revocations';
/** `server` is the address that gave the token: no other one may ever see it. */
const Entry = z.object({ server: z.string(), token: z.string() });
type Entry = z.infer<typeof Entry>;
const Entries = z.array(Entry).max(50);

/** Sign-outs that the server hasn't heard of yet. They wait where other secrets do. */
export type Revocations = { add(entry: Entry): Promise<void>; flush(): Promise<void> };

export function createRevocations(api: ApiClient, secrets: SecretStore): Revocations {
  let pending: readonly Entry[] = [];
  let isRead = false;
  let flushing: Promise<void> | undefined;

  async function read(): Promise<void> {
    if (isRead) return;
    isRead = true;
    const { value } = await secrets.get(NAME);
    if (value === null) return;
    try {
      const parsed = Entries.safeParse(JSON.parse(value));
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
    for (;;) {
      // Those of another server wait until that one is the app's server again.
      const entry = pending.find((one) => one.server === api.baseUrl());
      if (entry === undefined) return;
      try {
        await api.call('auth.signOut', { body: { refreshToken: entry.token } }, { retries: 0, timeoutMs: 5000 });
      } catch (thrown) {
        // Out of reach, busy or broken for the moment: the session lives on there, so the wish is kept.
        const isPassing = thrown instanceof AppError && (ERROR_CODES[thrown.code].retryable || thrown.code === 'internal.unexpected');
        if (isPassing) return;
        // A definite answer (unknown, ended already) needs no second try.
      }
      pending = pending.filter((one) => one !== entry);
      await save();
    }
  }

  return {
    add: async (entry) => {
      await read();
      pending = [...pending, entry].slice(-50);
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
