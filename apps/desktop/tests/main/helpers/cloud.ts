import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAccountService, createMemorySecretStore, type SecretStore } from '../../../src/main/account/index.ts';
import { createApiClient, createEventStream } from '../../../src/main/api/index.ts';
import { createJournal } from '../../../src/main/db/index.ts';
import { createGenerationService } from '../../../src/main/generations/index.ts';
import { silentLogger } from '../../../src/main/logging/logger-port.ts';
import { confirmAddress } from '../../driver/mail.ts';
import { openStudio, type TestFiles, testEngine } from './studio.ts';

export const PASSWORD = 'a long enough test phrase 47';

/** Main's side of the wire, without a library. */
export function openSession(serverUrl: string, userData: string, secrets: SecretStore = createMemorySecretStore()) {
  const api = createApiClient({ baseUrl: () => serverUrl, appVersion: '0.0.0-test', logger: silentLogger });
  const events = createEventStream({ api, logger: silentLogger });
  const account = createAccountService({
    api,
    events,
    secrets,
    markerPath: join(userData, 'account.json'),
    device: { name: hostname().slice(0, 80), os: process.platform, appVersion: '0.0.0-test' },
    logger: silentLogger,
  });
  return { api, events, account };
}

/** A confirmed account with its trial credits. */
export async function newAccount(serverUrl: string, mailUrl: string): Promise<string> {
  const email = `user-${crypto.randomUUID()}@example.com`;
  const { api } = openSession(serverUrl, '/nowhere');
  await api.call('auth.signUp', { body: { email, password: PASSWORD, adult: true, locale: 'en' } });
  await confirmAddress(mailUrl, email);
  return email;
}

/** The whole of main over a real server: journal, engine, account, cloud steps, batches. */
export async function openCloudStudio(options: {
  serverUrl: string;
  userData: string;
  files: TestFiles;
  email: string;
  secrets?: SecretStore;
}) {
  const session = openSession(options.serverUrl, options.userData, options.secrets);
  await session.account.start();
  if (session.account.state().account === null) await session.account.signIn(options.email, PASSWORD);
  await session.account.refreshWallet();
  const journal = await createJournal(join(options.userData, 'journal.db'), silentLogger);
  const engine = testEngine(1);
  const cloud = createGenerationService({
    api: session.api,
    events: session.events,
    journal,
    engine,
    accountId: () => session.account.state().account?.id ?? '',
    logger: silentLogger,
  });
  const studio = await openStudio(options.userData, options.files, {
    cloud,
    account: session.account,
  });
  return {
    ...session,
    ...studio,
    cloud,
    close: async () => {
      await studio.close();
      session.account.stop();
      await engine.close();
      journal.close();
    },
  };
}
export type CloudStudio = Awaited<ReturnType<typeof openCloudStudio>>;

/**
 * What a faulty line does with one request. `loseAnswer`: the server hears and answers, the app never learns. `cutAfterBytes`: so much
 * of the answer comes, and when `arrived` resolves the line breaks. `holdUntil`: the answer is whole, and late. `refusedWith`: the server
 * never hears of it, and the app gets this problem.
 */
export type Fault =
  | 'pass'
  | 'refuse'
  | 'loseAnswer'
  | { readonly refusedWith: { readonly status: number; readonly code: string } }
  | { readonly holdUntil: Promise<void> }
  | { readonly cutAfterBytes: number; readonly arrived: () => Promise<void> };

/** A proxy in front of the server that breaks what it is told to. */
export async function faultyLine(target: string, decide: (request: IncomingMessage) => Fault): Promise<{ url: string; server: Server }> {
  const server = createServer((incoming, outgoing) => {
    const fault = decide(incoming);
    if (fault === 'refuse') {
      incoming.socket.destroy();
      return;
    }
    if (typeof fault === 'object' && 'refusedWith' in fault) {
      const { status, code } = fault.refusedWith;
      incoming.resume();
      outgoing.writeHead(status, { 'content-type': 'application/problem+json' });
      outgoing.end(JSON.stringify({ type: `urn:pingplex:error:${code}`, title: code, status, code }));
      return;
    }
    const onward = httpRequest(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: incoming.headers }, (answer) => {
      if (fault === 'loseAnswer') {
        answer.resume();
        answer.on('end', () => incoming.socket.destroy());
        return;
      }
      if (typeof fault === 'object' && 'holdUntil' in fault) {
        void fault.holdUntil.then(() => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        });
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault === 'pass') {
        answer.pipe(outgoing);
        return;
      }
      let left = fault.cutAfterBytes;
      answer.on('data', (piece: Buffer) => {
        if (left <= 0) return;
        const isLast = piece.length >= left;
        outgoing.write(piece.subarray(0, left));
        // A socket that breaks at once would take along what its reader has not looked at yet.
        if (isLast) {
          const cut = (): void => void incoming.socket.destroy();
          fault.arrived().then(cut, cut);
        }
        left -= piece.length;
      });
      answer.on('end', () => {
        if (left > 0) outgoing.end();
      });
    });
    onward.on('error', () => incoming.socket.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, server };
}

/** Paid calls that the provider's stand-in accepted. */
export async function acceptedCalls(sandboxUrl: string): Promise<{ prompt: string; n: number }[]> {
  const answer = await fetch(`${sandboxUrl}/__journal`);
  return ((await answer.json()) as { accepted: { prompt: string; n: number }[] }).accepted;
}
