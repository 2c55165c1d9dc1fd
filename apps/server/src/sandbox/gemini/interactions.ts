import type { Stage, Task, Tasks } from '../kit/tasks.ts';
import { fileNameOf } from './files.ts';

const STATUS: Readonly<Record<Stage, string>> = { waiting: 'queued', running: 'in_progress', done: 'completed', canceled: 'cancelled' };
const IMAGE_TOKENS: Readonly<Record<string, number>> = { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 };
const TOKENS_PER_SECOND: Readonly<Record<string, number>> = { '360p': 1931, '720p': 5792, '1080p': 8688, '4k': 17_376 };

/** An interaction as a look shows it; its results are made when it is done. */
export async function interactionShown(task: Task, tasks: Tasks, origin: string): Promise<Record<string, unknown>> {
  const stage = tasks.stageOf(task);
  const head = {
    id: task.id,
    model: task.order.model,
    created: new Date(task.createdAt).toISOString(),
    updated: new Date().toISOString(),
  };
  if (stage !== 'done') return { ...head, status: STATUS[stage], steps: [] };
  if (task.fault === 'refuseLater') {
    const errors = [{ code: 'safety', message: 'The request was blocked by the safety filters.' }];
    return { ...head, status: 'failed', steps: [], errors };
  }
  if (task.fault === 'failLater')
    return { ...head, status: 'failed', steps: [], errors: [{ code: 'internal', message: 'An internal error has occurred.' }] };
  const content = await contentOf(task, tasks, origin);
  return { ...head, status: 'completed', steps: [{ type: 'model_output', content: [content] }], usage: usageOf(task) };
}

const MIMES: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  png: 'image/png',
  jpeg: 'image/jpeg',
  wav: 'audio/wav',
  webp: 'image/webp',
};

async function contentOf(task: Task, tasks: Tasks, origin: string): Promise<Record<string, unknown>> {
  const type = { film: 'video', pictures: 'image', sound: 'audio' }[task.order.kind];
  const mime_type = MIMES[task.order.format];
  if (task.order.note?.['delivery'] === 'uri') {
    // One file per interaction, whose name stays the same; a link that has ended is told anew.
    const isRenewed = task.fault === 'expire' && task.links > 0;
    const [link = ''] = task.links === 0 || isRenewed ? await tasks.linksOf(task, origin) : await tasks.lastLinksOf(task, origin);
    return { type, uri: `${origin}/v1beta/files/${fileNameOf(link)}`, mime_type };
  }
  const [bytes = Buffer.alloc(0)] = await tasks.bytesOf(task);
  return { type, data: bytes.toString('base64'), mime_type };
}

function usageOf({ order }: Task): Record<string, unknown> {
  const input = Math.ceil(order.prompt.length / 4) + order.sources.length * 258;
  if (order.kind === 'sound') return counted(input, 'audio', Math.ceil(order.amount * 25));
  const [modality, made] =
    order.kind === 'film'
      ? (['video', order.amount * (TOKENS_PER_SECOND[String(order.note?.['resolution'])] ?? 0)] as const)
      : (['image', IMAGE_TOKENS[String(order.note?.['size'])] ?? 0] as const);
  return counted(input, modality, made);
}

function counted(input: number, modality: string, made: number): Record<string, unknown> {
  return {
    total_input_tokens: input,
    total_output_tokens: made,
    total_thought_tokens: 0,
    total_cached_tokens: 0,
    total_tokens: input + made,
    input_tokens_by_modality: [{ modality: 'text', tokens: input }],
    output_tokens_by_modality: [{ modality, tokens: made }],
  };
}
