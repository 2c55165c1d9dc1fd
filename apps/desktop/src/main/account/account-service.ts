import type { Account, SessionTokens, Wallet } from '@pingplex/shared/contracts/http';
import type { KeychainState } from '@pingplex/shared/contracts/ipc';
import { AppError, toAppError } from '@pingplex/shared/errors';
import type { ApiClient, EventStream } from '../api/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import { createMarker } from './marker.ts';
import { createRevocations } from './revocations.ts';
import type { SecretStore } from './secret-store.ts';

export type AccountState = { readonly account: Account | null; readonly wallet: Wallet | null; readonly keychain: KeychainState };

type AccountService = {
  /** Takes up the session of the last run. Shows the stored account at once; never throws because of network or keychain. */
  start(): Promise<void>;
  state(): AccountState;
  onChange(listener: (state: AccountState) => void): () => void;
  /** @throws AppError `auth.badCredentials` (also before the address is confirmed), `network.*`, … */
  /** With two-factor also `auth.secondFactorRequired`, `auth.secondFactorWrong`. */
  signIn(email: string, password: string, secondFactor?: string): Promise<Account>;
  /** Somebody was let in another way: they are signed in here from now on. */
  takeOver(tokens: SessionTokens): Promise<Account>;
  /** Takes newer facts about the account that is signed in. */
  take(account: Account): Promise<void>;
  /** Whoever calls this has been told by the person that they are 18 or older. */
  signUp(email: string, password: string, locale: 'en' | 'ru'): Promise<void>;
  resendVerification(email: string): Promise<void>;
  forgotPassword(email: string): Promise<void>;
  /** Always succeeds on this machine; the server hears it now or as soon as it can be reached. */
  signOut(): Promise<void>;
  /** Tries a locked keychain again. */
  unlock(): Promise<KeychainState>;
  refreshWallet(): Promise<Wallet>;
  stop(): void;
};

type AccountOptions = {
  readonly api: ApiClient;
  readonly events: EventStream;
  readonly secrets: SecretStore;
  /** File that says that an account is stored; holds nothing secret. */
  readonly markerPath: string;
  readonly device: { readonly name: string; readonly os: string; readonly appVersion: string };
  readonly logger: Logger;
};

const REFRESH = 'refresh';
/** A token that ends within this time is renewed first, so that it doesn't end on the way. */
const EARLY_MS = 45_000;
const ENDED = new Set(['auth.sessionEnded', 'auth.refreshReused', 'auth.tokenInvalid', 'auth.required', 'auth.suspended']);

/** Who is signed in. The refresh credential rests in the keychain and goes nowhere but to the server; access tokens live in memory only. */
export function createAccountService(options: AccountOptions): AccountService {
  const { api, events, secrets, logger } = options;
  const marker = createMarker(options.markerPath);
  const revocations = createRevocations(api, secrets);
  const listeners = new Set<(state: AccountState) => void>();
  let state: AccountState = { account: null, wallet: null, keychain: 'kept' };
  let refreshToken: string | null = null;
  /** Address of the server that gave the refresh token. The setting may change under a session; its credential must not follow. */
  let home = api.baseUrl();
  let access: { readonly token: string; readonly endsAt: number; readonly sessionId: string } | null = null;
  let refreshing: Promise<string> | undefined;
  /** Grows with every sign-in and sign-out, so that a late answer is known to belong to somebody else. */
  let sessionNumber = 0;

  function set(change: Partial<AccountState>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener(state);
  }

  function takeWallet(wallet: Wallet): void {
    if (state.account === null || (state.wallet !== null && state.wallet.version > wallet.version)) return;
    set({ wallet });
  }

  /** The new credential is stored before anything uses the access token that came with it. */
  async function adopt(tokens: SessionTokens): Promise<void> {
    home = api.baseUrl();
    refreshToken = tokens.refreshToken;
    access = {
      token: tokens.accessToken,
      endsAt: performance.now() + tokens.accessExpiresInS * 1000,
      sessionId: tokens.sessionId,
    };
    const keychain = await secrets.set(REFRESH, tokens.refreshToken);
    if (keychain === 'kept') await marker.write(tokens.account);
    else await marker.remove();
    set({ account: tokens.account, keychain });
    events.start();
  }

  /** The marker goes first: without it, a credential that a crash leaves behind is no session any more. */
  async function forget(): Promise<void> {
    sessionNumber += 1;
    refreshToken = null;
    access = null;
    events.stop({ forget: true });
    await marker.remove();
    set({ account: null, wallet: null });
    await secrets.delete(REFRESH);
  }

  async function readStored(): Promise<void> {
    const stored = await marker.read();
    const found = await secrets.get(REFRESH);
    if (stored === null && found.state === 'kept' && found.value !== null) {
      await revocations.add({ server: api.baseUrl(), token: found.value });
      await secrets.delete(REFRESH);
      set({ keychain: 'kept', account: null });
      return;
    }
    // Something was stored and the keychain shows nothing: it is locked or was wiped; either way nobody was signed out.
    const keychain = stored !== null && found.value === null && found.state === 'kept' ? 'locked' : found.state;
    refreshToken = found.value;
    home = api.baseUrl();
    set({ keychain, account: found.value === null ? null : stored });
  }

  async function renew(): Promise<string> {
    if (refreshToken === null && state.keychain === 'locked') await readStored();
    const used = refreshToken;
    if (used === null) {
      if (state.keychain === 'locked') throw new AppError('keychain.locked', 'an account is stored, but the keychain does not open');
      throw new AppError('auth.required', 'nobody is signed in');
    }
    const server = api.baseUrl();
    if (server !== home) throw new AppError('auth.required', 'the session belongs to another server');
    try {
      const tokens = await api.call('auth.refresh', { body: { refreshToken: used } });
      if (refreshToken !== used) {
        // Signed out (or in again) meanwhile: the session that was just prolonged must not live on.
        await revocations.add({ server, token: tokens.refreshToken });
        throw new AppError('auth.required', 'signed out meanwhile');
      }
      await adopt(tokens);
      return tokens.accessToken;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (ENDED.has(error.code) && refreshToken === used) {
        logger.info({ code: error.code }, 'the session was ended by the server');
        await forget();
      }
      throw error;
    }
  }

  async function accessToken(): Promise<string> {
    if (access !== null && api.baseUrl() === home && access.endsAt - performance.now() > EARLY_MS) return access.token;
    refreshing ??= renew().finally(() => {
      refreshing = undefined;
    });
    return await refreshing;
  }

  async function refreshWallet(): Promise<Wallet> {
    const asked = sessionNumber;
    const wallet = await api.call('wallet.get', {});
    if (asked !== sessionNumber) throw new AppError('auth.required', 'somebody else signed in meanwhile');
    takeWallet(wallet);
    return state.wallet ?? wallet;
  }

  async function takeOver(tokens: SessionTokens): Promise<Account> {
    const previous = refreshToken;
    if (previous !== null) await revocations.add({ server: home, token: previous });
    events.stop({ forget: true });
    sessionNumber += 1;
    set({ wallet: null });
    await adopt(tokens);
    inBackground(revocations.flush(), 'sign-outs still wait');
    inBackground(refreshWallet(), 'wallet not refreshed');
    return tokens.account;
  }

  function inBackground(act: Promise<unknown>, what: string): void {
    act.catch((thrown: unknown) => logger.info({ code: toAppError(thrown).code }, what));
  }

  api.setTokens({
    accessToken,
    refused: (token) => {
      if (access?.token === token) access = null;
    },
  });
  events.on((event) => {
    if (event.type === 'wallet.changed') takeWallet(event.data);
    if (event.type === 'resync') inBackground(refreshWallet(), 'wallet not refreshed');
    if (event.type === 'session.ended' && event.data.sessionId === access?.sessionId) inBackground(forget(), 'local sign-out incomplete');
  });
  const stopListening = api.onReachable((isReachable) => {
    if (isReachable) inBackground(revocations.flush(), 'sign-outs still wait');
  });

  return {
    start: async () => {
      try {
        await readStored();
      } catch (thrown) {
        logger.error({ err: toAppError(thrown).message }, 'the stored account could not be read');
      }
      inBackground(revocations.flush(), 'sign-outs still wait');
      if (refreshToken !== null) {
        events.start();
        inBackground(refreshWallet(), 'wallet not refreshed');
      }
    },
    state: () => state,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signIn: async (email, password, secondFactor) => {
      const body = { email, password, secondFactor, device: options.device };
      return takeOver(await api.call('auth.signIn', { body }, { retries: 0 }));
    },
    takeOver,
    take: async (account) => {
      if (state.account?.id !== account.id) return;
      if (state.keychain === 'kept') await marker.write(account);
      set({ account });
    },
    signUp: async (email, password, locale) => {
      await api.call('auth.signUp', { body: { email, password, adult: true, locale } });
    },
    resendVerification: async (email) => {
      await api.call('auth.resendVerification', { body: { email } });
    },
    forgotPassword: async (email) => {
      await api.call('auth.forgotPassword', { body: { email } });
    },
    signOut: async () => {
      await refreshing?.catch(() => undefined);
      const token = refreshToken;
      if (token !== null) await revocations.add({ server: home, token });
      await forget();
      await revocations.flush();
    },
    unlock: async () => {
      await readStored();
      if (refreshToken !== null) {
        events.start();
        inBackground(refreshWallet(), 'wallet not refreshed');
      }
      return state.keychain;
    },
    refreshWallet,
    stop: () => {
      stopListening();
      events.stop();
    },
  };
}
