import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressObject, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { CaughtMail } from './caught-mail.ts';
import { renderInbox } from './page.ts';

export type MailSandbox = {
  /** Page for people at `/`, JSON at `/messages[?to=ADDRESS]`, newest first; DELETE `/messages` empties it. */
  url: string;
  smtpUrl: string;
  messages(to?: string): CaughtMail[];
  stop(): Promise<void>;
};

const KEEP = 500;
const MAX_MAIL_BYTES = 1_000_000;

/** A real SMTP server on 127.0.0.1 that delivers nothing: it shows what would have been sent. */
export async function startMailSandbox(options: { port?: number; smtpPort?: number } = {}): Promise<MailSandbox> {
  const mails: CaughtMail[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: MAX_MAIL_BYTES,
    logger: false,
    onData(stream, session, callback) {
      simpleParser(stream)
        .then((mail) => {
          const text = mail.text ?? '';
          mails.unshift({
            id: randomUUID(),
            receivedAt: new Date().toISOString(),
            to: session.envelope.rcptTo.map((r) => r.address),
            from: (mail.from as AddressObject | undefined)?.text ?? '',
            subject: mail.subject ?? '',
            text,
            html: typeof mail.html === 'string' ? mail.html : '',
            links: [...text.matchAll(/https?:\/\/\S+/g)].map(([link]) => link),
          });
          mails.length = Math.min(mails.length, KEEP);
          callback();
        })
        .catch((error: unknown) => callback(error instanceof Error ? error : new Error('unreadable mail')));
    },
  });
  smtp.on('error', () => undefined);
  const messages = (to?: string): CaughtMail[] => mails.filter((mail) => to === undefined || mail.to.includes(to.toLowerCase()));
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (url.pathname === '/messages' && request.method === 'DELETE') {
      mails.length = 0;
      response.writeHead(204).end();
    } else if (url.pathname === '/messages' && request.method === 'GET') {
      const body = JSON.stringify({ sandbox: true, messages: messages(url.searchParams.get('to') ?? undefined) });
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    } else if (url.pathname === '/' && request.method === 'GET') {
      response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(renderInbox(mails));
    } else {
      response.writeHead(404).end();
    }
  });
  await listen(smtp.server as Server, options.smtpPort ?? 0);
  await listen(http, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${portOf(http)}`,
    smtpUrl: `smtp://127.0.0.1:${portOf(smtp.server as Server)}`,
    messages,
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
}

function listen(server: Pick<Server, 'listen' | 'once'>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the mail sandbox has no port');
  return address.port;
}
