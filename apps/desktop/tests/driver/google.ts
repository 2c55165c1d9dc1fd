import { request } from 'node:http';

type Page = { readonly url: string; readonly status: number; readonly location: string | undefined; readonly html: string };

/** A person's browser on the way through our server and the sandbox of Google: cookies, redirects, forms; no scripts. */
export class PersonsBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens an address and follows redirects to the end, also to the app's own listener. */
  async open(url: string, form?: Record<string, string>): Promise<Page> {
    let page = await this.#once(url, form);
    while (page.location !== undefined) page = await this.#once(new URL(page.location, page.url).href);
    return page;
  }

  /** Sends the form on a page, with what is hidden in it. */
  async submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const [, action = ''] = /action="([^"]*)"/.exec(page.html) ?? [];
    const [, token] = /name="token" value="([^"]*)"/.exec(page.html) ?? [];
    return await this.open(new URL(action, page.url).href, { ...(token === undefined ? {} : { token }), ...fields });
  }

  /** From the address that the app opened to the page that asks. */
  async throughGoogle(url: string, email: string): Promise<Page> {
    return await this.submit(await this.open(url), { email, verified: 'on', hd: '', way: 'go' });
  }

  #once(url: string, form?: Record<string, string>): Promise<Page> {
    const { origin } = new URL(url);
    const cookies = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, cookies);
    const body = form === undefined ? undefined : new URLSearchParams(form).toString();
    const headers = {
      'sec-fetch-site': 'same-origin',
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: body === undefined ? 'GET' : 'POST', headers, agent: false }, (answer) => {
        for (const line of answer.headers['set-cookie'] ?? []) {
          const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
          cookies.set(name, value);
        }
        let html = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          html += piece;
        });
        answer.on('end', () => resolve({ url, status: answer.statusCode ?? 0, location: answer.headers.location, html }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
