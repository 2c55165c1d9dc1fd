import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Account, Preferences } from '@pingplex/shared/contracts/http';
import { toAppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { ApiClient } from '../api/index.ts';
import type { Logger } from '../logging/logger-port.ts';

type Key = keyof Preferences;
const KEYS = Object.keys(Preferences.shape) as Key[];
const Stored = z.object({ accountId: z.string().nullable(), unsent: z.array(z.enum(KEYS as [Key, ...Key[]])) });
type Stored = z.infer<typeof Stored>;

type Options = {
  readonly api: ApiClient;
  readonly account: {
    state(): { readonly account: Account | null };
    onChange(listener: () => void): () => void;
  };
  /** What is chosen on this computer now. */
  readonly read: () => Required<Preferences>;
  /** Takes over what was chosen on another one. */
  readonly apply: (change: Preferences) => void;
  /** Remembers whose choices these are and which of them the server has not heard yet. */
  readonly file: string;
  readonly logger: Logger;
};

type PreferenceSync = {
  start(): Promise<void>;
  /** Something was chosen here. */
  changed(keys: readonly string[]): void;
};

/**
 * Keeps choices the same on every computer of a person. For each choice the last one made wins; what was chosen without a network is sent
 * when there is one. The first sign-in on a computer takes what the account has, and gives it what it has not.
 */
export function createPreferenceSync({ api, account, read, apply, file, logger }: Options): PreferenceSync {
  let stored: Stored = { accountId: null, unsent: [] };
  let chain: Promise<void> = Promise.resolve();
  let seen: string | null = null;

  async function save(next: Stored): Promise<void> {
    stored = next;
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.part`, JSON.stringify(stored), { mode: 0o600 });
    await rename(`${file}.part`, file);
  }

  async function push(keys: readonly Key[]): Promise<void> {
    if (keys.length === 0) return;
    const now = read();
    const change: Preferences = Object.fromEntries(keys.map((key) => [key, now[key]]));
    await api.call('account.changePreferences', { body: change });
    // Chosen again while the request was under way: that still has to be sent.
    const later = read();
    await save({ ...stored, unsent: stored.unsent.filter((key) => !keys.includes(key) || later[key] !== now[key]) });
  }

  async function sync(): Promise<void> {
    const id = account.state().account?.id ?? null;
    if (id === null) return;
    if (stored.accountId !== id) await save({ accountId: id, unsent: [] });
    await push(stored.unsent);
    const { values } = await api.call('account.getPreferences', {});
    if (account.state().account?.id !== id) return;
    const now = read();
    const news = KEYS.filter((key) => values[key] !== undefined && values[key] !== now[key] && !stored.unsent.includes(key));
    if (news.length > 0) apply(Object.fromEntries(news.map((key) => [key, values[key]])));
    await push(KEYS.filter((key) => values[key] === undefined));
  }

  function queue(work: () => Promise<void>): void {
    chain = chain.then(work).catch((thrown: unknown) => logger.info({ code: toAppError(thrown).code }, 'preferences wait to be synced'));
  }

  return {
    start: async () => {
      stored = await readStored(file);
      const look = (): void => {
        const id = account.state().account?.id ?? null;
        if (id !== seen && id !== null) queue(sync);
        seen = id;
      };
      account.onChange(look);
      api.onReachable((isReachable) => {
        if (isReachable && stored.unsent.length > 0) queue(sync);
      });
      look();
    },
    changed: (keys) => {
      const ours = KEYS.filter((key) => keys.includes(key));
      if (ours.length === 0 || account.state().account === null) return;
      queue(async () => {
        await save({ ...stored, unsent: [...new Set([...stored.unsent, ...ours])] });
        await push(stored.unsent);
      });
    },
  };
}

/** A file that is missing or damaged is a computer that has sent nothing yet. */
async function readStored(file: string): Promise<Stored> {
  const none: Stored = { accountId: null, unsent: [] };
  try {
    return Stored.safeParse(JSON.parse(await readFile(file, 'utf8'))).data ?? none;
  } catch {
    return none;
  }
}
