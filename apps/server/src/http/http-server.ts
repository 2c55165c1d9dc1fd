import { createServer } from 'node:http';
import type { Express } from 'express';

export type HttpServer = {
  url: string;
  /** Takes no new connection; running requests may end for `graceMs`, then they are cut. */
  stop(graceMs: number): Promise<void>;
};

/** Listens on `host`; port 0 takes a free one. */
export async function createHttpServer(app: Express, host: string, port: number): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 300_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const shownHost = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host === '::' ? '::1' : host}]` : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    stop(graceMs) {
      return new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        // A kept-alive connection becomes idle only after its answer: look again until all are gone.
        const sweep = setInterval(() => server.closeIdleConnections(), 100);
        server.close(() => {
          clearTimeout(cut);
          clearInterval(sweep);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}
