import { createHash, randomBytes } from 'node:crypto';
import type { Account, SessionTokens } from '@pingplex/shared/contracts/http';
import { AppError, toAppError } from '@pingplex/shared/errors';
import type { ApiClient } from '../api/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import { openLoopback } from './loopback.ts';

/** `signIn`: nobody is signed in yet. `link`: Google shall open this account. `check`: prove again who is there. */
export type GooglePurpose = 'signIn' | 'link' | 'check';
/** What the browser proved; null when the person changed their mind. */
export type GoogleOutcome = { readonly tokens: SessionTokens } | { readonly account: Account } | null;

export type GoogleSignIn = {
  /**
   * Opens the system browser and waits until it comes back, a code is pasted or somebody cancels. One at a time: a new one ends the old.
   * @throws AppError `auth.browserSignInOver` after ten minutes or when the browser doesn't open, `auth.googleTaken`, `network.*`
   */
  run(purpose: GooglePurpose, language: 'en' | 'ru'): Promise<GoogleOutcome>;
  /** Takes a code that was carried over by hand. @throws AppError `auth.browserCodeWrong`: then the waiting goes on */
  paste(code: string): Promise<void>;
  cancel(): void;
};

type Options = {
  readonly api: ApiClient;
  readonly device: { readonly name: string; readonly os: string; readonly appVersion: string };
  /** Opens a page of our server in the system browser. @returns false when that is not to be */
  readonly openBrowser: (url: string) => Promise<boolean>;
  readonly logger: Logger;
};

type Waiting = { readonly paste: (code: string) => Promise<void>; readonly cancel: () => void };

/** Signs in with Google in the system browser: PKCE, a listener on this machine, a code to paste as the way out (RFC 8252). */
export function createGoogleSignIn({ api, device, openBrowser, logger }: Options): GoogleSignIn {
  let waiting: Waiting | null = null;

  async function begin(
    purpose: GooglePurpose,
    body: { challenge: string; method: 'S256'; state: string; redirectUri: string | null; locale: 'en' | 'ru' },
  ) {
    if (purpose === 'signIn') return await api.call('auth.startGoogle', { body: { ...body, device } }, { retries: 0 });
    return await api.call(purpose === 'link' ? 'account.startGoogleLink' : 'account.startGoogleCheck', { body }, { retries: 0 });
  }

  async function run(purpose: GooglePurpose, language: 'en' | 'ru'): Promise<GoogleOutcome> {
    waiting?.cancel();
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const loopback = await openLoopback(state, language);
    const redirectUri = loopback?.redirectUri ?? null;
    const { promise, resolve, reject } = Promise.withResolvers<GoogleOutcome>();
    const server = api.baseUrl();
    try {
      const { requestId, expiresInS } = await begin(purpose, { challenge, method: 'S256', state, redirectUri, locale: language });
      const finish = async (code: string): Promise<void> => {
        // Its proof belongs to the server that it was begun with.
        if (api.baseUrl() !== server) throw new AppError('auth.browserSignInOver', 'the server was changed meanwhile');
        const body = { requestId, code, verifier, redirectUri };
        if (purpose === 'signIn') resolve({ tokens: await api.call('auth.finishGoogle', { body }, { retries: 0 }) });
        else resolve({ account: await api.call('account.finishGoogle', { body }, { retries: 0 }) });
      };
      const mine: Waiting = { paste: finish, cancel: () => resolve(null) };
      waiting = mine;
      const timer = setTimeout(() => reject(new AppError('auth.browserSignInOver', 'nobody came back')), expiresInS * 1000);
      void loopback?.code.then(finish).catch(reject);
      if (!(await openBrowser(`${server}/sign-in/google/${requestId}`))) {
        reject(new AppError('auth.browserSignInOver', 'the browser was not opened'));
      }
      return await promise.finally(() => {
        clearTimeout(timer);
        if (waiting === mine) waiting = null;
      });
    } catch (thrown) {
      logger.info({ code: toAppError(thrown).code, purpose }, 'the sign-in in the browser ended');
      throw thrown;
    } finally {
      loopback?.close();
    }
  }

  return {
    run,
    paste: async (code) => {
      if (waiting === null) throw new AppError('auth.browserSignInOver', 'nothing waits for a code');
      await waiting.paste(code);
    },
    cancel: () => waiting?.cancel(),
  };
}
