import { readFileSync } from 'node:fs';
import type { Reply } from '../kit/server.ts';
import type { Task, Tasks } from '../kit/tasks.ts';
import { GeminiRefusal } from './errors.ts';

/** A file is made ready for so long after its interaction is done. */
const PREPARING_MS = 150;
const DAYS_MS = 48 * 3_600_000;
const ADDRESS = /^([0-9a-f-]{36})-([0-9a-f]{32})$/;

/** The name of the file behind a link of the kit. */
export function fileNameOf(link: string): string {
  const { pathname, searchParams } = new URL(link);
  return `${pathname.split('/')[2] ?? ''}-${searchParams.get('sign') ?? ''}`;
}

/** A file of the Files API. @throws GeminiRefusal 404 NOT_FOUND */
export function fileShown(id: string, tasks: Tasks, origin: string): Record<string, unknown> {
  const { task, file } = find(id, tasks);
  const done = task.createdAt + task.waitMs + task.workMs;
  return {
    name: `files/${id}`,
    uri: `${origin}/v1beta/files/${id}`,
    mimeType: file.mime,
    sizeBytes: String(file.bytes.length),
    state: Date.now() < done + PREPARING_MS ? 'PROCESSING' : 'ACTIVE',
    expirationTime: new Date(done + DAYS_MS).toISOString(),
  };
}

/** Its bytes. @throws GeminiRefusal 404, 503 */
export function sendFile(id: string, tasks: Tasks): Reply {
  const { task, file } = find(id, tasks);
  if (tasks.isAway(task.id, '0')) throw new GeminiRefusal(503, 'UNAVAILABLE', 'The service is currently unavailable.');
  return { status: 200, body: file.bytes, headers: { 'content-type': file.mime } };
}

function find(id: string, tasks: Tasks): { task: Task; file: { mime: string; bytes: Buffer } } {
  const [, taskId = '', sign = ''] = ADDRESS.exec(id) ?? [];
  const task = tasks.get(taskId);
  const place = tasks.fileOf(taskId, '0', sign);
  if (!task || !place) throw new GeminiRefusal(404, 'NOT_FOUND', 'The file does not exist, or has expired.');
  return { task, file: { mime: place.mime, bytes: readFileSync(place.path) } };
}
