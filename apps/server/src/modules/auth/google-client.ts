import { createHmac } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  calculatePKCECodeChallenge,
  clockTolerance,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { GoogleClient } from '../../config/config.ts';

/** Who Google says is there. The person is `subject`; the address may change hands. */
export type GooglePerson = { subject: string; email: string | null; isVerified: boolean; hostedDomain: string | null };

export type GoogleSignIn = {
  /** Where the browser goes; state, nonce and PKCE follow from `secret`, which only this browser holds. */
  begin(secret: string, redirectUri: string): Promise<string>;
  /**
   * Checks Google's answer: state, code with PKCE, and of the ID token signature, issuer, audience, expiry and nonce (A27).
   * @param callback the address that the browser came back to, with our own origin
   * @throws AppError `auth.browserSignInOver` when anything does not fit, `request.busy` when Google can't be reached
   */
  identify(secret: string, callback: URL): Promise<GooglePerson>;
};

const DISCOVERY_LIFE_MS = 24 * 3_600_000;
const TIMEOUT_S = 10;
const LEEWAY_S = 30;
const isLoopback = (url: URL): boolean => url.hostname === '127.0.0.1' || url.hostname === '[::1]';

/** What goes to Google and must come back, one value for each use, from the one secret of the browser. */
const derived = (secret: string, use: 'state' | 'nonce' | 'verifier'): string =>
  createHmac('sha256', secret).update(`google:${use}`).digest('base64url');

/** Sign-in with Google by OpenID Connect. Asks for nothing but who it is and keeps none of Google's tokens. */
export function createGoogleSignIn(client: GoogleClient): GoogleSignIn {
  let known: { at: number; configuration: Promise<Configuration> } | undefined;
  const configuration = (): Promise<Configuration> => {
    if (known !== undefined && Date.now() - known.at < DISCOVERY_LIFE_MS) return known.configuration;
    const issuer = new URL(client.issuer);
    const options = {
      timeout: TIMEOUT_S,
      // Checks the signature of the ID token too, which the library leaves to TLS. A stand-in on this machine speaks http; nobody else may.
      execute: [enableNonRepudiationChecks, ...(issuer.protocol === 'http:' && isLoopback(issuer) ? [allowInsecureRequests] : [])],
    };
    const metadata = { client_secret: client.clientSecret, [clockTolerance]: LEEWAY_S };
    const asked = discovery(issuer, client.clientId, metadata, undefined, options).catch((error: unknown) => {
      known = undefined;
      throw new AppError('request.busy', 'Google does not answer', { retryAfterMs: 5_000, cause: error });
    });
    known = { at: Date.now(), configuration: asked };
    return asked;
  };

  return {
    async begin(secret, redirectUri) {
      const url = buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: derived(secret, 'state'),
        nonce: derived(secret, 'nonce'),
        code_challenge: await calculatePKCECodeChallenge(derived(secret, 'verifier')),
        code_challenge_method: 'S256',
        prompt: 'select_account',
      });
      return url.href;
    },
    async identify(secret, callback) {
      const config = await configuration();
      try {
        const tokens = await authorizationCodeGrant(config, callback, {
          expectedState: derived(secret, 'state'),
          expectedNonce: derived(secret, 'nonce'),
          pkceCodeVerifier: derived(secret, 'verifier'),
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new AppError('auth.browserSignInOver', 'Google named nobody');
        const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
        return {
          subject: claims.sub,
          email: text(claims['email']),
          isVerified: claims['email_verified'] === true,
          hostedDomain: text(claims['hd']),
        };
      } catch (error) {
        if (error instanceof AppError) throw error;
        if (error instanceof ClientError && error.code === 'OAUTH_TIMEOUT') {
          throw new AppError('request.busy', 'Google does not answer', { retryAfterMs: 5_000 });
        }
        // No cause: the answer of a token endpoint may carry what must not be in a log.
        throw new AppError('auth.browserSignInOver', 'the answer of Google does not fit what was asked');
      }
    },
  };
}

/**
 * A29: whom Google can vouch for. Anybody can open a Google account with an address of another mail service; only for its own
 * addresses, and for those of an organisation that runs its mail there, does Google know whose they are today.
 */
export function isAuthoritative(person: GooglePerson): boolean {
  return person.isVerified && person.email !== null && (person.hostedDomain !== null || /@gmail\.com$/i.test(person.email));
}
