import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { type KitState, taskFault, travelFault } from '../kit/faults.ts';
import { type Asked, type Reply, type RunningKit, startKit } from '../kit/server.ts';
import type { Task, TaskOrder, Tasks } from '../kit/tasks.ts';
import { type InteractionOrder, readInteractionOrder } from './bodies.ts';
import { exhausted, GeminiRefusal } from './errors.ts';
import { fileShown, sendFile } from './files.ts';
import { generate } from './generate.ts';
import { interactionShown } from './interactions.ts';

export type GeminiSandboxOptions = { port: number; folder: string; apiKey: string };
type Kit = { state: KitState; tasks: Tasks };

/** A stand-in for Google's Gemini API: interactions in the background with the files behind them, and texts. Faults: kit/faults.ts. */
export function startGeminiSandbox(options: GeminiSandboxOptions): Promise<RunningKit> {
  return startKit({ port: options.port, folder: options.folder, answer: (asked, kit) => answer(asked, kit, options.apiKey) });
}

async function answer(asked: Asked, kit: Kit, apiKey: string): Promise<Reply> {
  const headers = { 'x-request-id': randomUUID() };
  try {
    // The key belongs into its header: in an address it would end in logs.
    if (asked.headers['x-goog-api-key'] !== apiKey) {
      throw new GeminiRefusal(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.');
    }
    const reply = await route(asked, kit);
    return { ...reply, headers: { ...headers, ...reply.headers } };
  } catch (error) {
    const known = error instanceof GeminiRefusal ? error : new GeminiRefusal(500, 'INTERNAL', String(error));
    return { status: known.status, headers, body: known.body };
  }
}

async function route(asked: Asked, kit: Kit): Promise<Reply> {
  const [, version = '', area, name = '', action, more] = asked.url.pathname.split('/');
  const notFound = new GeminiRefusal(404, 'NOT_FOUND', 'Requested entity was not found.');
  if (!/^v1(beta)?$/.test(version) || more !== undefined) throw notFound;
  if (area === 'interactions') {
    if (asked.method === 'POST' && name === '' && action === undefined) return submit(kit, readInteractionOrder(asked.body), asked.origin);
    const task = kit.tasks.get(name);
    if (!task) throw notFound;
    if (asked.method === 'GET' && action === undefined) return { status: 200, body: await interactionShown(task, kit.tasks, asked.origin) };
    if (asked.method === 'POST' && action === 'cancel') return cancel(task, kit, asked.origin);
    if (asked.method === 'DELETE' && action === undefined) {
      kit.tasks.forget(task.id);
      return { status: 200, body: {} };
    }
  }
  if (area === 'models' && asked.method === 'POST' && action === undefined) return generate(name, asked, kit.state);
  if (area === 'files' && action === undefined) {
    const [id = '', download] = name.split(':');
    if (asked.method === 'GET' && download === 'download') return sendFile(id, kit.tasks);
    if (asked.method === 'GET' && download === undefined) return { status: 200, body: fileShown(id, kit.tasks, asked.origin) };
    // The interaction goes right after it.
    if (asked.method === 'DELETE' && download === undefined && fileShown(id, kit.tasks, asked.origin)) return { status: 200, body: {} };
  }
  throw notFound;
}

async function submit({ state, tasks }: Kit, order: InteractionOrder, origin: string): Promise<Reply> {
  const { prompt } = order;
  const { waitMs, workMs, maxParallel, retryAfterS } = state.controls();
  if (state.has('rateLimit', prompt) || state.has('concurrency', prompt) || tasks.running() >= maxParallel) throw exhausted(retryAfterS);
  if (state.has('serverError', prompt)) throw new GeminiRefusal(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
  for (const image of order.images) await checkImage(image);
  // A refusal is no error of the call: the interaction is made, and fails.
  const fault = state.has('refuse', prompt) ? 'refuseLater' : taskFault(state, prompt);
  const task = tasks.add({ externalId: null, order: orderOf(order, tasks, state.has('short', prompt)), waitMs, workMs, fault });
  const travel = travelFault(state, prompt);
  const body = await interactionShown({ ...task, waitMs: 3_600_000 }, tasks, origin);
  if (state.has('lose', prompt)) tasks.forget(task.id);
  return { status: 200, body, accepted: true, ...travel };
}

const AREAS: Readonly<Record<string, number>> = { '512': 512, '1K': 1024, '2K': 2048, '4K': 4096 };
const SHORT_SIDES: Readonly<Record<string, number>> = { '360p': 360, '720p': 720, '1080p': 1080, '4k': 2160 };

function orderOf({ model, prompt, images, format }: InteractionOrder, tasks: Tasks, isShort: boolean): TaskOrder {
  const sources = images.map((image) => tasks.keep(image));
  if (format.type === 'audio') {
    // Fifteen characters a second, as people speak; a song of twenty seconds.
    const amount = model.startsWith('lyria') ? 20 : Math.max(0.5, prompt.length / 15);
    const note = { delivery: format.delivery };
    return { kind: 'sound', model, prompt, width: 0, height: 0, amount, format: 'wav', sources, last: null, note };
  }
  const [w = 1, h = 1] = (format.aspect_ratio ?? '1:1').split(':').map(Number);
  if (format.type === 'video') {
    const short = SHORT_SIDES[format.resolution] ?? 720;
    const long = Math.round((short * 16) / 18) * 2;
    const [width, height] = w >= h ? [long, short] : [short, long];
    const amount = Math.max(1, Number.parseInt(format.duration, 10) - (isShort ? 1 : 0));
    const note = { delivery: format.delivery, resolution: format.resolution };
    return { kind: 'film', model, prompt, width, height, amount, format: 'mp4', sources, last: sources[1] ?? null, note };
  }
  // The area is that of the named square; the sides are divisible by 16.
  const side = AREAS[format.image_size ?? '1K'] ?? 1024;
  const even = (value: number): number => Math.round(value / 16) * 16;
  const [width, height] = [even(side * Math.sqrt(w / h)), even(side * Math.sqrt(h / w))];
  const note = { delivery: format.delivery, size: format.image_size ?? '1K' };
  const kind = format.mime_type === 'image/jpeg' ? 'jpeg' : 'png';
  return { kind: 'pictures', model, prompt, width, height, amount: 1, format: kind, sources, last: null, note };
}

async function checkImage(bytes: Buffer): Promise<void> {
  const read = () => sharp(bytes).metadata();
  if (bytes.length > 20 * 1024 * 1024 || !(await read().catch(() => null))) {
    throw new GeminiRefusal(400, 'INVALID_ARGUMENT', 'Unable to process input image.');
  }
}

async function cancel(task: Task, { tasks }: Kit, origin: string): Promise<Reply> {
  tasks.cancel(task);
  return { status: 200, body: await interactionShown(task, tasks, origin) };
}
