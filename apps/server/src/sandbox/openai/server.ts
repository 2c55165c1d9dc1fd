import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { shortened } from '../kit/faults.ts';
import { fulfil, readForm, readSources, requestIdFrom, shownForm } from './images.ts';
import { moderation } from './moderations.ts';
import { ApiError, IMAGE_MODELS, type ImageOrder, readOrder } from './order.ts';
import { refuseWhenTold } from './refusals.ts';
import { Controls, openState, type SandboxState } from './state.ts';
import { answerWords, isWordsRoute, WORD_MODELS } from './words.ts';

export type SandboxOptions = {
  /** 0 takes a free port. */
  port: number;
  /** Folder of its journal and controls. */
  folder: string;
  /** The only key it accepts. */
  apiKey: string;
};

export type RunningSandbox = { url: string; state: SandboxState; stop(): Promise<void> };

/** Base64 of sixteen images of 50 MB each doesn't occur; this only stops endless bodies. */
const MAX_BODY = 256 * 1024 * 1024;

/**
 * A stand-in for api.openai.com: labelled pictures, texts that are told word by word, speech, transcripts, and the free check. Faults are ordered through
 * `POST /__control` or by words in the prompt: [[moderation]] [[drop]] [[hang]] [[429]] [[500]] [[broken]] [[wrong]] [[slow:MS]]
 * [[missing:N]]. `GET /__journal` lists every paid call that it accepted.
 */
export async function startOpenAiSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const state = openState(options.folder);
  const server = createServer((request, response) => {
    handle(request, response, state, options.apiKey).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;
  return { url: `http://127.0.0.1:${port}`, state, stop: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, state: SandboxState, apiKey: string): Promise<void> {
  const requestId = requestIdFrom(randomUUID());
  const route = `${request.method} ${(request.url ?? '').split('?')[0]}`;
  try {
    if (route === 'GET /__journal') return send(response, 200, { accepted: state.journal(), peak: state.peak() }, requestId);
    if (route === 'GET /__control') return send(response, 200, state.controls(), requestId);
    if (route === 'POST /__control') {
      const next = Controls.safeParse(JSON.parse((await readBody(request)).toString('utf8') || '{}'));
      if (!next.success) throw new ApiError(400, next.error.message);
      state.setControls(next.data);
      return send(response, 200, next.data, requestId);
    }
    checkKey(request, apiKey);
    if (route === 'GET /v1/models') return send(response, 200, { object: 'list', data: listModels(state) }, requestId);
    if (route === 'POST /v1/images/generations' || route === 'POST /v1/images/edits') {
      return await answerImages(request, response, state, requestId, route.endsWith('edits'));
    }
    if (route === 'POST /v1/moderations') {
      return send(response, 200, moderation(JSON.parse((await readBody(request)).toString('utf8')), requestId), requestId);
    }
    if (isWordsRoute(route)) {
      return await answerWords({ route, body: await readBody(request), request, response, state, requestId, send });
    }
    throw new ApiError(404, `Invalid URL (${route})`);
  } catch (error) {
    const known =
      error instanceof ApiError
        ? error
        : new ApiError(500, 'The server had an error while processing your request.', { type: 'server_error' });
    send(response, known.status, known.body, requestId, known.headers);
  }
}

async function answerImages(
  request: IncomingMessage,
  response: ServerResponse,
  state: SandboxState,
  requestId: string,
  isEdit: boolean,
): Promise<void> {
  const body = await readBody(request);
  const { order, shown } = await orderFrom(body, request.headers['content-type'] ?? '', state, isEdit);
  const says = (word: string): boolean => order.prompt.includes(`[[${word}]]`);
  const slow = Number(/\[\[slow:(\d+)\]\]/.exec(order.prompt)?.[1] ?? 0);
  refuseWhenTold(state, says);
  // From here on the call is paid, whatever becomes of the answer.
  state.record({
    at: new Date().toISOString(),
    requestId,
    path: isEdit ? '/v1/images/edits' : '/v1/images/generations',
    model: order.model,
    prompt: order.prompt,
    n: order.n,
    sources: order.sources.length,
    body: shown,
  });
  response.once('close', state.begin());
  const delay = Math.max(state.controls().delayMs, slow);
  if (delay > 0) await wait(delay);
  if (says('drop') || state.use('acceptThenDrop')) {
    response.destroy();
    return;
  }
  // Kept open without a byte until the caller gives up.
  if (says('hang') || state.use('hang')) return;
  const missing = Number(/\[\[missing:(\d+)\]\]/.exec(order.prompt)?.[1] ?? state.controls().missing);
  const answer = await fulfil(order, missing);
  if (says('wrong') || state.use('wrongType')) answer['data'] = [{ b64_json: Buffer.from('this is no picture').toString('base64') }];
  if (says('broken') || state.use('brokenJson')) {
    const text = JSON.stringify(answer);
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': requestId });
    response.end(text.slice(0, text.length / 2));
    return;
  }
  send(response, 200, answer, requestId, { 'openai-processing-ms': String(delay + 5), 'openai-version': '2020-10-01' });
}

async function orderFrom(
  body: Buffer,
  contentType: string,
  state: SandboxState,
  isEdit: boolean,
): Promise<{ order: ImageOrder; shown: unknown }> {
  const isGone = (model: string): boolean => {
    const date = state.controls().gone[model];
    return date !== undefined && new Date().toISOString().slice(0, 10) >= date;
  };
  if (isEdit) {
    const form = await readForm(body, contentType);
    return { order: await readSources(form, readOrder(form.fields, isGone)), shown: shownForm(form) };
  }
  let fields: unknown;
  try {
    fields = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new ApiError(400, 'The body must be a JSON object.');
  return { order: readOrder(fields as Record<string, unknown>, isGone), shown: shortened(fields) };
}

function listModels(state: SandboxState): Record<string, unknown>[] {
  return [...IMAGE_MODELS, ...WORD_MODELS].map((id) => {
    const gone = state.controls().gone[id];
    return { id, object: 'model', created: 1_790_000_000, owned_by: 'sandbox', ...(gone ? { shutdown_date: gone } : {}) };
  });
}

function checkKey(request: IncomingMessage, apiKey: string): void {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${apiKey}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk as Uint8Array);
    size += part.length;
    if (size > MAX_BODY) throw new ApiError(413, 'Request too large.');
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: unknown, requestId: string, headers: Record<string, string> = {}): void {
  if (response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-request-id': requestId,
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '1s',
    ...headers,
  });
  response.end(text);
}
