import { createHash, generateKeyPair, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import type { Configuration, JWK, default as Provider } from 'oidc-provider';
import { memoryAdapters } from './memory-adapter.ts';
import { accountPage } from './page.ts';

type GoogleSandbox = { url: string; stop(): Promise<void> };

/** What somebody typed into the stand-in's page. */
type Person = { sub: string; email: string; isVerified: boolean; hostedDomain: string | null };

/** The only client that the stand-in knows; it opens nothing else. */
export const GOOGLE_SANDBOX_CLIENT = {
  clientId: 'pingplex-sandbox.apps.googleusercontent.example',
  clientSecret: 'sandbox-google-client-secret',
};
const MAX_FORM_BYTES = 4_000;
const MINUTE_S = 60;

/**
 * A real OpenID provider in Google's place: the same flow, claims and refusals (exact redirects but for the loopback's port, PKCE,
 * codes that work once), and a page where a person types whom to be. Nobody proves anything to it.
 */
export async function startGoogleSandbox(): Promise<GoogleSandbox> {
  const people = new Map<string, Person>();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port');
  const url = `http://127.0.0.1:${address.port}`;
  let made: Promise<Provider> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', url);
    if (pathname === '/livez') {
      response.writeHead(204, { 'x-sandbox': 'google' }).end();
      return;
    }
    // Its library and its key take a moment: only who signs in with Google waits for them.
    made ??= makeProvider(url, people);
    const provider = await made;
    await (pathname.startsWith('/choose/') ? choose(provider, people, request, response) : provider.callback()(request, response));
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  });
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function makeProvider(url: string, people: ReadonlyMap<string, Person>): Promise<Provider> {
  const { default: Provider, interactionPolicy } = await import('oidc-provider');
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  const key = (await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })).privateKey.export({ format: 'jwk' });
  const configuration: Configuration = {
    adapter: memoryAdapters(),
    clients: [
      {
        client_id: GOOGLE_SANDBOX_CLIENT.clientId,
        client_secret: GOOGLE_SANDBOX_CLIENT.clientSecret,
        application_type: 'native',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/sign-in/google/callback', 'http://[::1]/sign-in/google/callback'],
      },
    ],
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'sandbox' } as JWK] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    // As Google does: what was asked for stands in the ID token itself.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'hd'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    ttl: {
      AccessToken: MINUTE_S,
      AuthorizationCode: MINUTE_S,
      IdToken: MINUTE_S * 5,
      Interaction: MINUTE_S * 10,
      Session: MINUTE_S * 10,
      Grant: MINUTE_S * 10,
    },
    interactions: { policy, url: (_context, interaction) => `/choose/${interaction.uid}` },
    findAccount: (_context, id) => {
      const person = people.get(id);
      if (person === undefined) return undefined;
      const { sub, email, isVerified, hostedDomain } = person;
      const hd = hostedDomain === null ? {} : { hd: hostedDomain };
      return { accountId: id, claims: () => ({ sub, email, email_verified: isVerified, name: email.split('@')[0] ?? '', ...hd }) };
    },
    // Nobody has to agree to a sandbox seeing what they typed into it.
    async loadExistingGrant({ oidc: { client, provider, session } }) {
      const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
  return new Provider(url, configuration);
}

async function choose(provider: Provider, people: Map<string, Person>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const details = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(accountPage(details.uid));
    return;
  }
  const form = await readForm(request);
  if (form.get('way') === 'cancel') {
    await provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'canceled' });
    return;
  }
  const email = (form.get('email') ?? '').trim();
  // The same address is the same person, unless the form names another one.
  const sub = form.get('sub') || createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 21);
  people.set(sub, { sub, email, isVerified: form.get('verified') === 'on', hostedDomain: form.get('hd') || null });
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: sub }, select_account: {}, consent: {} },
    { mergeWithLastSubmission: false },
  );
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_FORM_BYTES) throw new Error('the form is too large');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}
