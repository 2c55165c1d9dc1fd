import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { TestServer } from './test-server.ts';

export type Page = { url: string; status: number; headers: Record<string, string | string[] | undefined>; html: string };
export type Visit = { method?: 'GET' | 'POST'; form?: Record<string, string>; headers?: Record<string, string> };

/** A browser without scripts: keeps cookies by origin, follows redirects, says where its forms come from. */
export class Browser {
  readonly #jar = new Map<string, Map<string, string>>();

  /** Opens an address; stops where the app would be listening. */
  async open(url: string, visit: Visit = {}): Promise<Page> {
    let page = await this.#once(url, visit);
    for (let hops = 0; page.status >= 300 && page.status < 400 && hops < 20; hops += 1) {
      const next = new URL(String(page.headers['location']), page.url);
      if (next.pathname === '/sign-in/return') return { ...page, url: next.href };
      page = await this.#once(next.href, {});
    }
    return page;
  }

  /** Sends the form of one of our pages, as that page would. */
  submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const [, token = ''] = /name="token" value="([^"]*)"/.exec(page.html) ?? [];
    const [, action = ''] = /action="([^"]*)"/.exec(page.html) ?? [];
    const form = { ...(token === '' ? {} : { token }), ...fields };
    return this.open(new URL(action, page.url).href, { method: 'POST', form, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  }

  cookies(origin: string): ReadonlyMap<string, string> {
    return this.#jar.get(origin) ?? new Map();
  }

  async #once(url: string, { method = 'GET', form, headers = {} }: Visit): Promise<Page> {
    const { origin } = new URL(url);
    const cookies = this.#jar.get(origin) ?? new Map<string, string>();
    this.#jar.set(origin, cookies);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const all = {
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers: { 'accept-language': 'ru', ...all }, agent: false }, (answer) => {
        for (const line of answer.headers['set-cookie'] ?? []) {
          const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
          if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) cookies.delete(name);
          else cookies.set(name, value);
        }
        let html = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          html += piece;
        });
        answer.on('end', () => resolve({ url, status: answer.statusCode ?? 0, headers: answer.headers, html }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

export type Google = { email: string; verified?: boolean; hd?: string; sub?: string };
export type AppSide = { requestId: string; verifier: string; state: string; redirectUri: string | null };

/** What the app makes up before it opens the browser. */
export function newPkce(): { verifier: string; challenge: string; state: string } {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return { verifier, challenge, state: randomBytes(16).toString('base64url') };
}

/** Begins as the app does. @param more token and route of a signed-in app */
export async function startGoogle(
  server: TestServer,
  options: { redirectUri?: string | null; token?: string; route?: string } = {},
): Promise<AppSide> {
  const { verifier, challenge, state } = newPkce();
  const redirectUri = options.redirectUri === undefined ? 'http://127.0.0.1:49152/sign-in/return' : options.redirectUri;
  const device = { name: 'Ann’s <Mac>', os: 'macOS 26', appVersion: '0.1.0' };
  const body = { challenge, method: 'S256', state, redirectUri, ...(options.route === undefined ? { device } : {}) };
  const answer = await server.call('POST', options.route ?? '/v1/auth/google/start', {
    body,
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  if (answer.status !== 200) throw new Error(`start: ${answer.status} ${answer.text}`);
  return { requestId: String(answer.body['requestId']), verifier, state, redirectUri };
}

/** The browser's way to the page that asks: our address, Google, who they are, back. */
export async function throughGoogle(
  server: TestServer,
  app: AppSide,
  who: Google,
  browser = new Browser(),
): Promise<{ browser: Browser; page: Page }> {
  const chooser = await browser.open(`${server.url}/sign-in/google/${app.requestId}`);
  const { email, verified = true, hd = '', sub = '' } = who;
  const page = await browser.submit(chooser, { email, ...(verified ? { verified: 'on' } : {}), hd, sub, way: 'go' });
  return { browser, page };
}

/** What stands in the address that the browser is sent to at the end. */
export function handedOver(page: Page): { code: string; state: string; to: string } {
  const url = new URL(page.url);
  return { code: url.searchParams.get('code') ?? '', state: url.searchParams.get('state') ?? '', to: url.origin + url.pathname };
}

export const finishGoogle = (
  server: TestServer,
  app: AppSide,
  code: string,
  more: Partial<AppSide> & { token?: string; route?: string } = {},
) =>
  server.call('POST', more.route ?? '/v1/auth/google/finish', {
    body: {
      requestId: app.requestId,
      code,
      verifier: more.verifier ?? app.verifier,
      redirectUri: more.redirectUri === undefined ? app.redirectUri : more.redirectUri,
    },
    ...(more.token === undefined ? {} : { token: more.token }),
  });

/** All of it. @returns the app's answer */
export async function signInWithGoogle(server: TestServer, who: Google, fields: Record<string, string> = {}) {
  const app = await startGoogle(server);
  const { browser, page } = await throughGoogle(server, app, who);
  const end = await browser.submit(page, { way: 'app', adult: 'on', ...fields });
  // Refused people get no code; their app tries with a made-up one.
  return finishGoogle(server, app, handedOver(end).code || 'none-at-all');
}
