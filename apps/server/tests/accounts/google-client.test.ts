import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGoogleSignIn, isAuthoritative } from '../../src/modules/auth/google-client.ts';

const CLIENT = { clientId: 'our-client-id', clientSecret: 'our-client-secret' };
const SECRET = 'a-secret-that-only-one-browser-has';
const CALLBACK = 'https://pingplex.example/sign-in/google/callback';

let server: Server;
let issuer: string;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let ours: Pair;
let foreign: Pair;
/** What the token endpoint answers next. */
let idToken: () => Promise<string>;
let asked: URLSearchParams[] = [];

/** A provider that says what a test wants it to say. */
beforeAll(async () => {
  ours = await generateKeyPair('RS256', { extractable: true });
  foreign = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const answer = (body: unknown): void => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(body));
      };
      if (request.url === '/jwks') return answer({ keys: [key] });
      if (request.url === '/token') {
        asked.push(new URLSearchParams(Buffer.concat(chunks).toString()));
        return answer({ access_token: 'google-access-token', token_type: 'Bearer', expires_in: 60, id_token: await idToken() });
      }
      return answer({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Change = { claims?: Record<string, unknown>; key?: Pair['privateKey']; alg?: string };
const now = (): number => Math.floor(Date.now() / 1000);

async function begun() {
  const google = createGoogleSignIn({ ...CLIENT, issuer });
  const url = new URL(await google.begin(SECRET, CALLBACK));
  const sent = url.searchParams;
  const good = { iss: issuer, aud: CLIENT.clientId, sub: '1079', iat: now(), exp: now() + 300, nonce: sent.get('nonce') ?? '' };
  const person = { email: 'ann@gmail.com', email_verified: true };
  const answerWith = ({ claims = {}, key = ours.privateKey }: Change = {}): void => {
    idToken = () => new SignJWT({ ...good, ...person, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key);
  };
  const back = (change: Record<string, string> = {}): URL => {
    const query = new URLSearchParams({ code: 'google-code', state: sent.get('state') ?? '', ...change });
    return new URL(`${CALLBACK}?${query}`);
  };
  return { google, sent, answerWith, back };
}

describe('A27: the hop to Google', () => {
  test('A27: it asks for openid, email and profile and nothing else, with state, nonce and PKCE that only this browser’s secret tells', async () => {
    const { google, sent } = await begun();
    expect(Object.fromEntries(sent)).toMatchObject({
      client_id: CLIENT.clientId,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      prompt: 'select_account',
    });
    const values = ['state', 'nonce', 'code_challenge'].map((name) => sent.get(name) ?? '');
    for (const value of values) expect(value).toMatch(/^[\w-]{43}$/);
    expect(new Set(values).size).toBe(3);
    const other = new URL(await google.begin(`${SECRET}2`, CALLBACK)).searchParams;
    for (const name of ['state', 'nonce', 'code_challenge']) expect(other.get(name)).not.toBe(sent.get(name));
    expect(sent.has('access_type')).toBe(false);
  });

  test('A27: a good answer names the person by the subject; the exchange carries the verifier', async () => {
    const { google, answerWith, back } = await begun();
    answerWith({ claims: { hd: 'studio.example' } });
    asked = [];
    expect(await google.identify(SECRET, back())).toEqual({
      subject: '1079',
      email: 'ann@gmail.com',
      isVerified: true,
      hostedDomain: 'studio.example',
    });
    expect(asked[0]?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
    expect(asked[0]?.get('redirect_uri')).toBe(CALLBACK);
  });

  test.each<[string, Change]>([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'somebody-else' } }],
    ['another issuer', { claims: { iss: 'https://accounts.evil.example' } }],
    ['an ended token', { claims: { iat: 1_000_000_000, exp: 1_000_000_300 } }],
    ['no expiry', { claims: { exp: undefined } }],
    ['no subject', { claims: { sub: undefined } }],
  ])('A27: refused: %s', async (_name, change) => {
    const { google, answerWith, back } = await begun();
    answerWith(change);
    await expect(google.identify(SECRET, back())).rejects.toMatchObject({ code: 'auth.browserSignInOver' });
  });

  test('A27: refused: a token that somebody else signed, another state, an answer for another browser', async () => {
    const { google, answerWith, back } = await begun();
    answerWith({ key: foreign.privateKey });
    const over = { code: 'auth.browserSignInOver' };
    await expect(google.identify(SECRET, back())).rejects.toMatchObject(over);
    answerWith();
    await expect(google.identify(SECRET, back({ state: 'another' }))).rejects.toMatchObject(over);
    await expect(google.identify(`${SECRET}2`, back())).rejects.toMatchObject(over);
    await expect(google.identify(SECRET, back({ error: 'server_error' }))).rejects.toMatchObject(over);
  });

  test('A27: a Google that does not answer is busy, and asked again the next time', async () => {
    const nobody = createGoogleSignIn({ ...CLIENT, issuer: 'http://127.0.0.1:1' });
    await expect(nobody.begin(SECRET, CALLBACK)).rejects.toMatchObject({ code: 'request.busy' });
    // Never in clear to another machine.
    await expect(createGoogleSignIn({ ...CLIENT, issuer: 'http://accounts.example' }).begin(SECRET, CALLBACK)).rejects.toThrow();
  });

  test('A29: Google answers for gmail.com and for organisations, and only for what it verified', () => {
    const person = { subject: '1', email: 'a@gmail.com', isVerified: true, hostedDomain: null };
    expect(isAuthoritative(person)).toBe(true);
    expect(isAuthoritative({ ...person, email: 'a@studio.example', hostedDomain: 'studio.example' })).toBe(true);
    expect(isAuthoritative({ ...person, email: 'a@studio.example' })).toBe(false);
    expect(isAuthoritative({ ...person, email: 'a@gmail.com.evil.example' })).toBe(false);
    expect(isAuthoritative({ ...person, email: 'a@notgmail.com' })).toBe(false);
    expect(isAuthoritative({ ...person, isVerified: false })).toBe(false);
    expect(isAuthoritative({ ...person, email: null, hostedDomain: 'studio.example' })).toBe(false);
  });
});
