import { randomUUID } from 'node:crypto';
import { type KitState, taskFault, travelFault } from '../kit/faults.ts';
import { type Asked, type Reply, type RunningKit, startKit } from '../kit/server.ts';
import type { Task, TaskOrder, Tasks } from '../kit/tasks.ts';
import { DashScopeRefusal, readImage, readVideo } from './bodies.ts';
import { chat } from './chat.ts';
import { pictureOf } from './pictures.ts';
import { answerAtOnce } from './sync.ts';

export type DashScopeSandboxOptions = { port: number; folder: string; apiKey: string };

type Kit = { state: KitState; tasks: Tasks };

const SERVICES = '/api/v1/services/aigc';
const CHAT = '/compatible-mode/v1/chat/completions';
const DAY_MS = 24 * 3_600_000;
/** Looks per second and account. */
const MAX_LOOKS = 20;

/** A stand-in for Alibaba's Model Studio: Wan's films and pictures in task mode, looks, calling off; Qwen's texts, pictures and speech at once. Faults: kit/faults.ts. */
export function startDashScopeSandbox(options: DashScopeSandboxOptions): Promise<RunningKit> {
  const looks: number[] = [];
  return startKit({ port: options.port, folder: options.folder, answer: (asked, kit) => answer(asked, kit, options.apiKey, looks) });
}

async function answer(asked: Asked, kit: Kit, apiKey: string, looks: number[]): Promise<Reply> {
  const request_id = randomUUID();
  try {
    if (asked.headers.authorization !== `Bearer ${apiKey}`) throw new DashScopeRefusal(401, 'InvalidApiKey', 'Invalid API-key provided.');
    if (asked.method === 'POST' && asked.url.pathname === CHAT) {
      return { headers: { 'x-request-id': request_id }, ...chat(asked.body, kit.state, request_id) };
    }
    const reply = await route(asked, kit, looks);
    return { ...reply, body: { request_id, ...(reply.body as object) } };
  } catch (error) {
    const { status, code, message, headers } =
      error instanceof DashScopeRefusal ? error : new DashScopeRefusal(500, 'InternalError', String(error));
    // The compatible door wraps it as the dialect has it.
    if (asked.url.pathname === CHAT) {
      return {
        status,
        headers: { ...headers, 'x-request-id': request_id },
        body: { error: { message, type: code, code, param: null }, request_id },
      };
    }
    return { status, headers, body: { code, message, request_id } };
  }
}

async function route(asked: Asked, kit: Kit, looks: number[]): Promise<Reply> {
  const { method } = asked;
  const place = asked.url.pathname;
  const isFilm = place === `${SERVICES}/video-generation/video-synthesis`;
  if (method === 'POST' && (isFilm || place === `${SERVICES}/image-generation/generation`)) {
    if (asked.headers['x-dashscope-async'] !== 'enable') {
      throw new DashScopeRefusal(403, 'AccessDenied', 'current user api does not support synchronous calls.');
    }
    return submit(kit, isFilm ? await filmOrder(asked.body, kit) : await pictureOrder(asked.body, kit));
  }
  if (method === 'POST' && place === `${SERVICES}/multimodal-generation/generation`) return answerAtOnce(asked.body, kit, asked.origin);
  const [, id = '', action] = /^\/api\/v1\/tasks\/([^/]+)(?:\/(cancel))?$/.exec(place) ?? [];
  if (method === 'GET' && id !== '' && action === undefined) {
    const now = Date.now();
    looks.splice(0, looks.length, ...looks.filter((at) => at > now - 1_000), now);
    if (looks.length > MAX_LOOKS) throw new DashScopeRefusal(429, 'Throttling.RateQuota', 'Requests rate limit exceeded.');
    return { status: 200, body: await shown(id, kit, asked.origin) };
  }
  if (method === 'POST' && action === 'cancel') {
    const task = kit.tasks.get(id);
    if (task && kit.tasks.cancel(task)) return { status: 200, body: {} };
    throw new DashScopeRefusal(400, 'UnsupportedOperation', 'Failed to cancel the task, please confirm if the task is in PENDING status.');
  }
  throw new DashScopeRefusal(404, 'NotFound', 'No such route.');
}

function submit({ state, tasks }: Kit, order: TaskOrder): Reply {
  const { prompt } = order;
  const { waitMs, workMs, maxParallel, retryAfterS } = state.controls();
  const hint: Record<string, string> = retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) };
  if (state.has('rateLimit', prompt)) throw new DashScopeRefusal(429, 'Throttling.RateQuota', 'Requests rate limit exceeded.', hint);
  if (state.has('concurrency', prompt) || tasks.running() >= maxParallel) {
    throw new DashScopeRefusal(429, 'Throttling.AllocationQuota', 'Too many tasks at once.', hint);
  }
  if (state.has('serverError', prompt)) throw new DashScopeRefusal(500, 'InternalError', 'An internal error has occurred.');
  if (state.has('refuse', prompt)) throw new DashScopeRefusal(400, 'DataInspectionFailed', 'Input data may contain inappropriate content.');
  const amount = Math.max(1, order.amount - (state.has('short', prompt) ? 1 : 0));
  const task = tasks.add({ externalId: null, order: { ...order, amount }, waitMs, workMs, fault: taskFault(state, prompt) });
  const travel = travelFault(state, prompt);
  if (state.has('lose', prompt)) tasks.forget(task.id);
  return { status: 200, body: { output: { task_id: task.id, task_status: 'PENDING' } }, accepted: true, ...travel };
}

const SHORT_SIDES = { '480P': 480, '720P': 720, '1080P': 1080 } as const;

async function filmOrder(body: unknown, { tasks }: Kit): Promise<TaskOrder> {
  const { model, input, parameters } = readVideo(body);
  const frames = await Promise.all(input.media.map(async ({ type, url }) => ({ type, ...(await pictureOf(url)) })));
  const first = frames.find((frame) => frame.type === 'first_frame');
  const last = frames.find((frame) => frame.type === 'last_frame');
  const [w = 16, h = 9] = parameters.ratio === 'adaptive' ? [] : parameters.ratio.split(':').map(Number);
  const ratio = parameters.ratio === 'adaptive' && first ? first.ratio : w / h;
  const short = SHORT_SIDES[parameters.resolution];
  const long = Math.round((short * Math.max(ratio, 1 / ratio)) / 2) * 2;
  return {
    ...{ kind: 'film', model, prompt: input.prompt, amount: parameters.duration, format: 'mp4' },
    ...(ratio >= 1 ? { width: long, height: short } : { width: short, height: long }),
    sources: first ? [tasks.keep(first.bytes)] : [],
    last: last ? tasks.keep(last.bytes) : null,
  };
}

async function pictureOrder(body: unknown, { tasks }: Kit): Promise<TaskOrder> {
  const { model, prompt, images, size, n } = readImage(body);
  const pictures = await Promise.all(images.map(pictureOf));
  const side = { '1K': 1024, '2K': 2048, '4K': 4096 }[size];
  const [width = 1024, height = 1024] = side === undefined ? size.split('*').map(Number) : [side, side];
  const sources = pictures.map((picture) => tasks.keep(picture.bytes));
  return { kind: 'pictures', model, prompt, width, height, amount: n, format: 'png', sources, last: null };
}

/** China time without a zone. */
const clock = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().replace('T', ' ').replace('Z', '');

async function shown(id: string, { tasks }: Kit, origin: string): Promise<Record<string, unknown>> {
  const task = tasks.get(id);
  if (!task || Date.now() - task.createdAt > DAY_MS) return { output: { task_id: id, task_status: 'UNKNOWN' } };
  const stage = tasks.stageOf(task);
  const began = task.createdAt + task.waitMs;
  const head = { task_id: id, submit_time: clock(task.createdAt) };
  if (stage === 'waiting') return { output: { ...head, task_status: 'PENDING' } };
  if (stage === 'canceled') return { output: { ...head, task_status: 'CANCELED', end_time: clock(task.canceledAt ?? 0) } };
  if (stage === 'running') return { output: { ...head, task_status: 'RUNNING', scheduled_time: clock(began) } };
  const times = { ...head, scheduled_time: clock(began), end_time: clock(began + task.workMs) };
  if (task.fault === 'refuseLater') {
    return {
      output: { ...times, task_status: 'FAILED', code: 'DataInspectionFailed', message: 'Output data may contain inappropriate content.' },
    };
  }
  if (task.fault === 'failLater')
    return { output: { ...times, task_status: 'FAILED', code: 'InternalError.Algo', message: 'Task failed.' } };
  return { output: { ...times, task_status: 'SUCCEEDED', ...resultOf(task, await tasks.linksOf(task, origin)) }, usage: usageOf(task) };
}

function resultOf({ order }: Task, links: readonly string[]): Record<string, unknown> {
  if (order.kind === 'film') return { video_url: links[0], orig_prompt: order.prompt, actual_prompt: order.prompt };
  const choices = links.map((image) => ({ finish_reason: 'stop', message: { role: 'assistant', content: [{ type: 'image', image }] } }));
  return { choices, finished: true };
}

function usageOf({ order }: Task): Record<string, unknown> {
  const { width, height, amount } = order;
  if (order.kind === 'pictures') return { image_count: amount, size: `${width}*${height}` };
  const ratio = `${width}:${height}`;
  return { duration: amount, output_video_duration: amount, input_video_duration: 0, fps: 24, SR: Math.min(width, height), ratio };
}
