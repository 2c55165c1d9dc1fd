import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** How long the listener stays open without a valid answer. */
const LIFE_MS = 5 * 60_000;
const PATH = '/sign-in/return';

export type Loopback = {
  /** Address for the browser, with the port that the system chose. */
  readonly redirectUri: string;
  /** The code of the first valid answer; never, when none comes in time or the listener was closed. */
  readonly code: Promise<string>;
  close(): void;
};

const PAGES = {
  en: { title: 'Back to pingplex', text: 'You can close this page and go on in the app.' },
  ru: { title: 'Вернитесь в pingplex', text: 'Эту страницу можно закрыть и продолжить в приложении.' },
} as const;

/**
 * Waits on this machine for the browser to come back from one sign-in (RFC 8252, 7.3): 127.0.0.1 only, any free port, closed after the
 * first valid answer or 5 minutes. Answers to anything else tell nothing, and the page shows no code.
 * @param state what the answer must carry
 * @returns null when nothing may listen here: then a code is carried over by hand
 */
export async function openLoopback(state: string, language: 'en' | 'ru', lifeMs = LIFE_MS): Promise<Loopback | null> {
  const { promise: code, resolve: settle } = Promise.withResolvers<string>();
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 1 });
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '127.0.0.1', () => resolve(true));
  });
  const address = server.address();
  if (!isListening || address === null || typeof address === 'string') return null;
  const host = `127.0.0.1:${address.port}`;
  const close = (): void => {
    clearTimeout(timer);
    server.close();
    server.closeIdleConnections();
  };
  const timer = setTimeout(close, lifeMs);
  timer.unref();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const given = validCode(request, host, state);
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Connection', 'close');
    if (given === null) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('nothing here');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page(language));
    settle(given);
    close();
  });
  return { redirectUri: `http://${host}${PATH}`, code, close };
}

/** The code of a request that is what our server sends a browser with: GET, our path, our own address, the state of this sign-in. */
function validCode(request: IncomingMessage, host: string, state: string): string | null {
  if (request.method !== 'GET' || request.headers.host !== host) return null;
  // `//` is a path that no URL can have.
  if (!URL.canParse(request.url ?? '/', `http://${host}`)) return null;
  const url = new URL(request.url ?? '/', `http://${host}`);
  if (url.origin !== `http://${host}` || url.pathname !== PATH) return null;
  const [given, expected] = [Buffer.from(url.searchParams.get('state') ?? ''), Buffer.from(state)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const code = url.searchParams.get('code') ?? '';
  return /^[\w-]{20,64}$/.test(code) ? code : null;
}

function page(language: 'en' | 'ru'): string {
  const { title, text } = PAGES[language];
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26em;margin:12vh auto;padding:0 1.2em}</style></head>
<body><h1>${title}</h1><p>${text}</p></body></html>`;
}
