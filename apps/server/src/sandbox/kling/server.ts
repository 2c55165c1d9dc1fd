import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { type KitState, taskFault, travelFault } from '../kit/faults.ts';
import { type Asked, type Reply, type RunningKit, startKit } from '../kit/server.ts';
import type { Stage, Task, Tasks } from '../kit/tasks.ts';
import { checkAuth, type KlingKeys } from './auth.ts';
import { type KlingOrder, readLegacy, readNew } from './bodies.ts';
import { KlingRefusal } from './errors.ts';

export type KlingSandboxOptions = { port: number; folder: string; keys: KlingKeys };

type Kit = { state: KitState; tasks: Tasks };
type Door = 'new' | 'legacy';

/**
 * A stand-in for Kling that speaks both of its dialects for text-to-video and image-to-video. Faults: kit/faults.ts. It has no way to
 * call a task off, as the real one has none.
 */
export function startKlingSandbox(options: KlingSandboxOptions): Promise<RunningKit> {
  return startKit({ port: options.port, folder: options.folder, answer: (asked, kit) => answer(asked, kit, options.keys) });
}

async function answer(asked: Asked, kit: Kit, keys: KlingKeys): Promise<Reply> {
  const requestId = randomUUID();
  try {
    checkAuth(asked.headers.authorization, keys, asked.url.pathname.startsWith('/v1/'), Math.floor(Date.now() / 1000));
    const reply = await route(asked, kit);
    return { ...reply, status: 200, body: { code: 0, message: 'SUCCEED', request_id: requestId, data: reply.body } };
  } catch (error) {
    const { status, code, message, headers } = error instanceof KlingRefusal ? error : new KlingRefusal(500, 5000, String(error));
    return { status, headers, body: { code, message, request_id: requestId } };
  }
}

async function route(asked: Asked, kit: Kit): Promise<Reply> {
  const { method, url } = asked;
  const [, first = '', second = '', third = '', fourth] = url.pathname.split('/');
  const isNewText = first === 'text-to-video';
  if (isNewText || first === 'image-to-video') {
    if (method !== 'POST') throw new KlingRefusal(404, 1202, 'method is invalid');
    return submit(kit, readNew(second, isNewText, asked.body), 'new');
  }
  if (first === 'tasks' && method === 'GET') return query(asked, kit);
  const isText = third === 'text2video';
  if (first === 'v1' && second === 'videos' && (isText || third === 'image2video')) {
    if (method === 'POST' && fourth === undefined) return submit(kit, readLegacy(isText, asked.body), 'legacy');
    if (method === 'GET' && fourth !== undefined) {
      const task = kit.tasks.get(fourth) ?? kit.tasks.byExternalId(decodeURIComponent(fourth));
      if (!task) throw new KlingRefusal(404, 1203, 'task is not found');
      return { status: 200, body: await legacyTask(task, kit, asked.origin) };
    }
  }
  throw new KlingRefusal(404, 1202, 'method is invalid');
}

async function submit({ state, tasks }: Kit, order: KlingOrder, door: Door): Promise<Reply> {
  const { prompt } = order;
  const { waitMs, workMs, maxParallel, retryAfterS } = state.controls();
  const hint: Record<string, string> = retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) };
  if (state.has('rateLimit', prompt)) throw new KlingRefusal(429, 1302, 'too many requests', hint);
  if (state.has('concurrency', prompt) || tasks.running() >= maxParallel)
    throw new KlingRefusal(429, 1303, 'parallel task over resource pack limit', hint);
  if (state.has('serverError', prompt)) throw new KlingRefusal(500, 5000, 'server internal error');
  if (state.has('refuse', prompt)) throw new KlingRefusal(400, 1301, 'content safety policy triggered');
  if (order.externalId !== null && tasks.byExternalId(order.externalId)) {
    throw new KlingRefusal(400, 1201, 'external_task_id is not unique');
  }
  const maxBytes = (door === 'new' ? 50 : 10) * 1024 * 1024;
  const frames = [await frameOf(order.first, maxBytes), await frameOf(order.last, maxBytes)];
  const [first, last] = frames;
  const sides = sidesOf(order, first?.ratio ?? null);
  const task = tasks.add({
    externalId: order.externalId,
    order: {
      ...{ kind: 'film', model: order.model, prompt, ...sides, format: 'mp4' },
      amount: Math.max(1, order.seconds - (state.has('short', prompt) ? 1 : 0)),
      sources: first ? [tasks.keep(first.bytes)] : [],
      last: last ? tasks.keep(last.bytes) : null,
    },
    ...{ waitMs, workMs, fault: taskFault(state, prompt) },
  });
  const body = door === 'new' ? { ...newTask(task, 'waiting'), outputs: undefined, billing: undefined } : legacyHead(task, 'waiting');
  if (state.has('lose', prompt)) tasks.forget(task.id);
  return { status: 200, body, accepted: true, ...travelFault(state, prompt) };
}

/** A frame comes as raw base64; the provider's other way, an address on the internet, has nothing to fetch from here. */
async function frameOf(text: string | null, maxBytes: number): Promise<{ bytes: Buffer; ratio: number } | null> {
  if (text === null) return null;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new KlingRefusal(400, 1201, 'image: neither an address that can be fetched nor base64');
  const bytes = Buffer.from(text, 'base64');
  const facts = await sharp(bytes)
    .metadata()
    .catch(() => null);
  if (!facts || !['jpeg', 'png'].includes(facts.format ?? '')) throw new KlingRefusal(400, 1201, 'image: format is not supported');
  const { width, height } = facts.autoOrient;
  const ratio = width / height;
  if (bytes.length > maxBytes) throw new KlingRefusal(400, 1201, 'image: too large');
  if (Math.min(width, height) < 300 || ratio > 2.5 || ratio < 0.4) throw new KlingRefusal(400, 1201, 'image: size is out of range');
  return { bytes, ratio };
}

/** The short side is what the resolution says; the other follows from the shape, in even pixels. */
function sidesOf(order: KlingOrder, frameRatio: number | null): { width: number; height: number } {
  const short = order.resolution === '1080p' ? 1080 : 720;
  const ratio = frameRatio ?? { '16:9': 16 / 9, '9:16': 9 / 16, '1:1': 1 }[order.aspect ?? '16:9'];
  const long = Math.round((short * Math.max(ratio, 1 / ratio)) / 2) * 2;
  return ratio >= 1 ? { width: long, height: short } : { width: short, height: long };
}

async function query(asked: Asked, kit: Kit): Promise<Reply> {
  const ids = asked.url.searchParams.get('task_ids');
  const own = asked.url.searchParams.get('external_task_ids');
  if ((ids === null) === (own === null)) throw new KlingRefusal(400, 1200, 'either task_ids or external_task_ids');
  const found = (ids ?? own ?? '').split(',').flatMap((id) => (ids === null ? kit.tasks.byExternalId(id) : kit.tasks.get(id)) ?? []);
  return { status: 200, body: await Promise.all(found.map((task) => finishedTask(task, kit, asked.origin))) };
}

/** Failed when it was ordered so, once its time is up. */
const failureOf = (task: Task, stage: Stage): string | null => {
  if (stage !== 'done') return null;
  if (task.fault === 'refuseLater') return 'Failure to pass the risk control system';
  return task.fault === 'failLater' ? 'internal processing error' : null;
};

function newTask(task: Task, stage: Stage): Record<string, unknown> {
  const failure = failureOf(task, stage);
  return {
    id: task.id,
    external_id: task.externalId ?? '',
    status: failure !== null ? 'failed' : { waiting: 'submitted', running: 'processing', done: 'succeeded', canceled: 'failed' }[stage],
    message: failure ?? '',
    create_time: task.createdAt,
    update_time: Date.now(),
    outputs: [],
    billing: [],
  };
}

async function finishedTask(task: Task, { tasks }: Kit, origin: string): Promise<Record<string, unknown>> {
  const stage = tasks.stageOf(task);
  const shown = newTask(task, stage);
  if (stage !== 'done' || failureOf(task, stage) !== null) return shown;
  const [url] = await tasks.linksOf(task, origin);
  const amount = String(unitsOf(task));
  return {
    ...shown,
    outputs: [{ type: 'video', id: `${task.id}-0`, url, watermark_url: '', duration: String(task.order.amount) }],
    billing: [{ charge_type: 'unit', cash_type: '', amount, currency: '', package_type: 'video', list_price: amount }],
  };
}

/** 0.6 units a second at 720p, 0.8 at 1080p: 0.084 and 0.112 dollars; of the older model 0.3 and 0.5. */
const unitsOf = (task: Task): number => {
  const isLarge = Math.min(task.order.width, task.order.height) >= 1080;
  const tenths = /2[.-]5/.test(task.order.model) ? (isLarge ? 5 : 3) : isLarge ? 8 : 6;
  return (tenths * task.order.amount) / 10;
};

function legacyHead(task: Task, stage: Stage): Record<string, unknown> {
  const failure = failureOf(task, stage);
  return {
    task_id: task.id,
    task_status: failure !== null ? 'failed' : { waiting: 'submitted', running: 'processing', done: 'succeed', canceled: 'failed' }[stage],
    task_info: { external_task_id: task.externalId ?? '' },
    created_at: task.createdAt,
    updated_at: Date.now(),
  };
}

async function legacyTask(task: Task, { tasks }: Kit, origin: string): Promise<Record<string, unknown>> {
  const stage = tasks.stageOf(task);
  const failure = failureOf(task, stage);
  const head = { ...legacyHead(task, stage), task_status_msg: failure ?? '' };
  if (stage !== 'done' || failure !== null) return { ...head, task_result: {} };
  const [url] = await tasks.linksOf(task, origin);
  const videos = [{ id: `${task.id}-0`, url, watermark_url: '', duration: `${task.order.amount}.0` }];
  const units = String(unitsOf(task));
  return { ...head, task_result: { videos }, final_unit_deduction: units, final_balance_deduction: { quota: '0', list_price: '0' } };
}
