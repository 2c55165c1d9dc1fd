import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { film } from './film.ts';
import { draw, edit, type PictureFormat } from './picture.ts';
import { sound } from './sound.ts';

/** What a task is to make. Frames are kept as files beside the tasks. */
export type TaskOrder = {
  kind: 'film' | 'pictures' | 'sound';
  model: string;
  prompt: string;
  width: number;
  height: number;
  /** Films and sounds: seconds; pictures: how many. */
  amount: number;
  format: 'mp4' | 'wav' | PictureFormat;
  /** Names of the files that were given along. */
  sources: string[];
  /** A frame to end with. */
  last: string | null;
  /** What a stand-in wants to remember of the request. */
  note?: Readonly<Record<string, string | number | boolean>>;
};

export type Task = {
  id: string;
  externalId: string | null;
  order: TaskOrder;
  createdAt: number;
  waitMs: number;
  workMs: number;
  /** What was ordered to go wrong with it. */
  fault: 'refuseLater' | 'failLater' | 'wrongType' | 'expire' | 'expired' | 'away' | null;
  canceledAt: number | null;
  /** Links that were given out; each is signed with its number. */
  links: number;
};
export type Stage = 'waiting' | 'running' | 'done' | 'canceled';
export type NewTask = Omit<Task, 'id' | 'createdAt' | 'canceledAt' | 'links'>;

export type Tasks = {
  /** Keeps a file that came with a request; answers its name. */
  keep(bytes: Buffer): string;
  add(task: NewTask, id?: string): Task;
  get(id: string): Task | undefined;
  byExternalId(externalId: string): Task | undefined;
  forget(id: string): void;
  /** By the clock alone, so that a restart changes nothing. */
  stageOf(task: Task): Stage;
  /** Calls it off while it waits. */
  cancel(task: Task): boolean;
  running(): number;
  /** Most that ever ran at once. */
  peak(): number;
  /** Makes the results when they aren't there, and answers fresh links to them. */
  linksOf(task: Task, origin: string): Promise<string[]>;
  /** The links that were given out last. */
  lastLinksOf(task: Task, origin: string): Promise<string[]>;
  /** The results themselves, for providers that answer with bytes. */
  bytesOf(task: Task): Promise<Buffer[]>;
  /** True once per result of a task whose store is ordered to be away. */
  isAway(id: string, name: string): boolean;
  fileOf(id: string, name: string, sign: string): { path: string; mime: string } | null;
};

const FPS = 24;
const MIMES = { mp4: 'video/mp4', wav: 'audio/wav', png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' } as const;

/** @param folder tasks, their sources and results live here: a stand-in that starts again goes on with them */
export function openTasks(folder: string): Tasks {
  const files = path.join(folder, 'files');
  mkdirSync(files, { recursive: true });
  const index = path.join(folder, 'tasks.json');
  const known = new Map<string, Task>(existsSync(index) ? (JSON.parse(readFileSync(index, 'utf8')) as [string, Task][]) : []);
  const making = new Map<string, Promise<void>>();
  const asked = new Set<string>();
  let peak = 0;
  const save = (): void => {
    writeFileSync(`${index}.new`, JSON.stringify([...known]));
    renameSync(`${index}.new`, index);
  };
  const nameOf = (task: Task, n: number): string => `${task.id}-${n}`;
  const resultsOf = (task: Task): number => (task.order.kind === 'pictures' ? task.order.amount : 1);

  const tasks: Tasks = {
    keep(bytes) {
      const name = `source-${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}`;
      writeFileSync(path.join(files, name), bytes);
      return name;
    },
    add(given, id = randomUUID()) {
      const task: Task = { ...given, id, createdAt: Date.now(), canceledAt: null, links: 0 };
      known.set(id, task);
      save();
      peak = Math.max(peak, tasks.running());
      return task;
    },
    get: (id) => known.get(id),
    byExternalId: (externalId) => [...known.values()].find((task) => task.externalId === externalId),
    forget(id) {
      known.delete(id);
      save();
    },
    stageOf(task) {
      if (task.canceledAt !== null) return 'canceled';
      const age = Date.now() - task.createdAt;
      if (age < task.waitMs) return 'waiting';
      return age < task.waitMs + task.workMs ? 'running' : 'done';
    },
    cancel(task) {
      if (tasks.stageOf(task) !== 'waiting') return false;
      task.canceledAt = Date.now();
      save();
      return true;
    },
    running: () => [...known.values()].filter((task) => ['waiting', 'running'].includes(tasks.stageOf(task))).length,
    peak: () => peak,
    async bytesOf(task) {
      await made(task);
      return Promise.all(Array.from({ length: resultsOf(task) }, (_, n) => readFile(path.join(files, nameOf(task, n)))));
    },
    async linksOf(task, origin) {
      await made(task);
      task.links += 1;
      save();
      return tasks.lastLinksOf(task, origin);
    },
    async lastLinksOf(task, origin) {
      await made(task);
      const sign = signOf(task, task.links);
      return Array.from({ length: resultsOf(task) }, (_, n) => `${origin}/files/${task.id}/${n}?sign=${sign}`);
    },
    isAway(id, name) {
      if (known.get(id)?.fault !== 'away' || asked.has(`${id}/${name}`)) return false;
      asked.add(`${id}/${name}`);
      return true;
    },
    fileOf(id, name, sign) {
      const task = known.get(id);
      if (!task || !/^\d+$/.test(name)) return null;
      const link = Array.from({ length: task.links }, (_, n) => n + 1).find((n) => signOf(task, n) === sign);
      const hasEnded = task.fault === 'expired' || (task.fault === 'expire' && link === 1);
      if (link === undefined || hasEnded) return null;
      return { path: path.join(files, nameOf(task, Number(name))), mime: MIMES[task.order.format] };
    },
  };

  function made(task: Task): Promise<void> {
    const work = making.get(task.id) ?? make(task);
    making.set(task.id, work);
    return work;
  }

  async function make(task: Task): Promise<void> {
    for (let n = 0; n < resultsOf(task); n += 1) {
      const place = path.join(files, nameOf(task, n));
      if (existsSync(place)) continue;
      const bytes = task.fault === 'wrongType' ? Buffer.from('<html>this is no result</html>') : await result(task.order, n);
      await writeFile(`${place}.new`, bytes);
      await rename(`${place}.new`, place);
    }
  }

  async function result(order: TaskOrder, index: number): Promise<Buffer> {
    const { prompt, width, height } = order;
    const sources = await Promise.all(order.sources.map((name) => readFile(path.join(files, name))));
    if (order.kind === 'film') {
      const last = order.last === null ? null : await readFile(path.join(files, order.last));
      return film({ width, height, prompt, seconds: order.amount, fps: FPS, first: sources[0] ?? null, last });
    }
    if (order.kind === 'sound') return sound({ seconds: order.amount, prompt });
    const format = order.format === 'mp4' || order.format === 'wav' ? 'png' : order.format;
    const picture = { width, height, prompt, format, index, compression: 90, transparent: false };
    return sources.length > 0 ? edit(picture, sources, null) : draw(picture);
  }

  return tasks;
}

function signOf(task: Task, link: number): string {
  return createHash('sha256').update(`${task.id}#${task.createdAt}#${link}`).digest('hex').slice(0, 32);
}
