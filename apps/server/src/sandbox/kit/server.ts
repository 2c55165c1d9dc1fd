import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Controls, type KitState, openKitState, shortened } from './faults.ts';
import { openTasks, type Tasks } from './tasks.ts';

/** A request as a stand-in's routes see it. */
export type Asked = {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  /** The JSON body; undefined when there is none or it can't be read. */
  body: unknown;
  /** The body as it came: for forms. */
  bytes: Buffer;
  /** Of this stand-in, for addresses of results. */
  origin: string;
};

/** An answer; `accepted` marks a paid call that was taken. `fault` decides how the answer travels. */
export type Reply = {
  status: number;
  /** Sent as JSON; bytes as they are; parts one after the other, as they come. */
  body: unknown;
  headers?: Record<string, string>;
  accepted?: boolean;
  fault?: 'drop' | 'hang' | 'drip' | 'broken';
};

export type Answerer = (asked: Asked, kit: { state: KitState; tasks: Tasks }) => Promise<Reply>;
export type RunningKit = { url: string; state: KitState; tasks: Tasks; stop(): Promise<void> };

const MAX_BODY = 128 * 1024 * 1024;

/**
 * What all stand-ins of task providers share: a server on 127.0.0.1, `GET /__journal`, `GET|POST /__control`, and the files of
 * finished tasks at `/files/<task>/<n>`.
 */
export async function startKit(options: { port: number; folder: string; answer: Answerer }): Promise<RunningKit> {
  const state = openKitState(options.folder);
  const tasks = openTasks(options.folder);
  let origin = '';
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const bytes = await readBody(request);
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /__journal') return send(response, { status: 200, body: { calls: state.journal(), peak: tasks.peak() } });
    if (route === 'GET /__control') return send(response, { status: 200, body: state.controls() });
    if (route === 'POST /__control') {
      const next = Controls.safeParse(parse(bytes) ?? {});
      if (next.success) state.setControls(next.data);
      return send(response, next.success ? { status: 200, body: next.data } : { status: 400, body: next.error.issues });
    }
    if (url.pathname.startsWith('/files/')) return sendFile(request, response, url);
    const asked = { method: request.method ?? '', url, headers: request.headers, body: parse(bytes), bytes, origin };
    const reply = await options.answer(asked, { state, tasks });
    // On record before the answer goes out: an accepted call is known whatever happens next.
    const { method, body } = asked;
    const accepted = reply.accepted === true;
    state.record({
      at: new Date().toISOString(),
      method,
      path: url.pathname + url.search,
      body: shortened(body) ?? null,
      status: reply.status,
      accepted,
    });
    await send(response, reply);
  }

  /** Results are kept from hot-linking: a request from somebody's page is refused. */
  async function sendFile(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const [, , id = '', n = ''] = url.pathname.split('/');
    if (tasks.isAway(id, n)) return send(response, { status: 503, body: 'ServiceUnavailable' });
    const file = tasks.fileOf(id, n, url.searchParams.get('sign') ?? '');
    if (file === null || request.headers.referer !== undefined)
      return send(response, { status: 403, body: 'AccessDenied: Request has expired.' });
    const size = await stat(file.path).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) return send(response, { status: 404, body: 'NoSuchKey' });
    response.writeHead(200, { 'content-type': file.mime, 'content-length': size });
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`;
  return {
    url: origin,
    state,
    tasks,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if (reply.fault === 'drop') {
    response.destroy();
    return;
  }
  // Kept open without a byte until the caller gives up.
  if (reply.fault === 'hang') return;
  if (Buffer.isBuffer(reply.body)) {
    response.writeHead(reply.status, { 'content-length': reply.body.length, ...reply.headers });
    response.end(reply.body);
    return;
  }
  if (isParts(reply.body)) return sendParts(response, reply, reply.body);
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  if (reply.fault === 'broken') {
    response.end(text.slice(0, text.length / 2));
  } else if (reply.fault === 'drip') {
    for (let at = 0; at < text.length && !response.destroyed; at += 24) {
      response.write(text.slice(at, at + 24));
      await wait(50);
    }
    response.end();
  } else response.end(text);
}

const isParts = (body: unknown): body is AsyncIterable<string> => typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

/** `broken`: the line is cut in the middle. */
async function sendParts(response: ServerResponse, reply: Reply, parts: AsyncIterable<string>): Promise<void> {
  response.writeHead(reply.status, { 'content-type': 'text/event-stream', ...reply.headers });
  let sent = 0;
  for await (const part of parts) {
    if (response.destroyed) return;
    if (reply.fault === 'broken' && sent >= 6) {
      response.destroy();
      return;
    }
    response.write(part);
    sent += 1;
    if (reply.fault === 'drip') await wait(50);
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part as Uint8Array);
    size += bytes.length;
    if (size > MAX_BODY) throw new RangeError('the request is too large');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
