import { fields, listOf, textOf } from '../exchange.ts';
import type { Submission, TaskRef } from '../port.ts';

/** What a task of Kling looks like, whichever door it came through. */
export type KlingTask = {
  id: string;
  status: 'submitted' | 'processing' | 'succeeded' | 'failed';
  message: string;
  urls: string[];
  usage: unknown;
  costMicroUsd: number | null;
};

/** The vendor has two doors to the same models: paths, bodies and words differ. */
export type Dialect = {
  submit(submission: Submission): { path: string; body: Record<string, unknown> };
  byHandle(task: TaskRef): string;
  byOwnId(submitKey: string, about: Omit<TaskRef, 'handle'>): string;
  /** The tasks in an answer's `data`. */
  read(data: unknown): KlingTask[];
};

const base64Of = (submission: Submission, role: 'image' | 'lastFrame'): string | undefined =>
  submission.sources.find((source) => source.role === role)?.bytes.toString('base64');

const STATUSES: Readonly<Record<string, KlingTask['status']>> = {
  submitted: 'submitted',
  processing: 'processing',
  succeeded: 'succeeded',
  succeed: 'succeeded',
  failed: 'failed',
};

/** One video unit costs 0.14 dollars (vendor's price page). */
const MICRO_USD_PER_UNIT = 140_000;

/** The new door: the model stands in the path. */
export const NEW_DIALECT: Dialect = {
  submit(submission) {
    const { prompt, settings, providerModel, submitKey } = submission;
    const options = { external_task_id: submitKey };
    if (submission.capability === 'video') return { path: `/text-to-video/${providerModel}`, body: { prompt, settings, options } };
    const last = base64Of(submission, 'lastFrame');
    const contents = [
      { type: 'prompt', text: prompt },
      { type: 'first_frame', url: base64Of(submission, 'image') },
      ...(last === undefined ? [] : [{ type: 'last_frame', url: last }]),
    ];
    return { path: `/image-to-video/${providerModel}`, body: { contents, settings, options } };
  },
  byHandle: ({ handle }) => `/tasks?task_ids=${encodeURIComponent(handle)}`,
  byOwnId: (submitKey) => `/tasks?external_task_ids=${encodeURIComponent(submitKey)}`,
  read: (data) =>
    (Array.isArray(data) ? data : [data]).flatMap((entry) => {
      const task = fields(entry);
      const [id, status] = [textOf(task['id']), STATUSES[textOf(task['status']) ?? '']];
      if (id === null || status === undefined) return [];
      const urls = listOf(task['outputs']).flatMap((output) => textOf(fields(output)['url']) ?? []);
      const billing = listOf(task['billing']);
      return [{ id, status, message: textOf(task['message']) ?? '', urls, usage: { billing }, costMicroUsd: costOf(billing) }];
    }),
};

/** Money as it was taken; null when nothing is said or the currency is another. */
function costOf(billing: readonly unknown[]): number | null {
  let sum: number | null = null;
  for (const entry of billing.map(fields)) {
    const amount = Number(entry['amount']);
    if (!Number.isFinite(amount)) continue;
    if (entry['charge_type'] === 'unit') sum = (sum ?? 0) + amount * MICRO_USD_PER_UNIT;
    else if (entry['currency'] === 'USD') sum = (sum ?? 0) + amount * 1_000_000;
  }
  return sum === null ? null : Math.round(sum);
}

const LEGACY_PATHS = { video: '/v1/videos/text2video', imageToVideo: '/v1/videos/image2video' } as const;
const LEGACY_MODELS: Readonly<Record<string, string>> = {
  'kling-3.0': 'kling-v3',
  'kling-2.6': 'kling-v2-6',
  'kling-2.5-turbo': 'kling-v2-5-turbo',
};
const legacyPath = (about: { capability: TaskRef['capability'] }): string =>
  LEGACY_PATHS[about.capability === 'imageToVideo' ? 'imageToVideo' : 'video'];

/** The door for access keys: the model stands in the body, numbers are texts. */
export const LEGACY_DIALECT: Dialect = {
  submit(submission) {
    const { settings } = submission;
    const last = base64Of(submission, 'lastFrame');
    const isText = submission.capability === 'video';
    const body = {
      model_name: LEGACY_MODELS[submission.providerModel] ?? submission.providerModel,
      prompt: submission.prompt,
      mode: settings['resolution'] === '1080p' ? 'pro' : 'std',
      duration: String(settings['duration']),
      ...(settings['audio'] === undefined ? {} : { sound: settings['audio'] === 'native' ? 'on' : 'off' }),
      ...(isText ? { aspect_ratio: settings['aspect_ratio'] } : { image: base64Of(submission, 'image') }),
      ...(isText || last === undefined ? {} : { image_tail: last }),
      external_task_id: submission.submitKey,
    };
    return { path: legacyPath(submission), body };
  },
  byHandle: (task) => `${legacyPath(task)}/${encodeURIComponent(task.handle)}`,
  byOwnId: (submitKey, about) => `${legacyPath(about)}/${encodeURIComponent(submitKey)}`,
  read(data) {
    const task = fields(data);
    const [id, status] = [textOf(task['task_id']), STATUSES[textOf(task['task_status']) ?? '']];
    if (id === null || status === undefined) return [];
    const urls = listOf(fields(task['task_result'])['videos']).flatMap((video) => textOf(fields(video)['url']) ?? []);
    const deduction = task['final_unit_deduction'];
    const units = typeof deduction === 'string' || typeof deduction === 'number' ? Number(deduction) : Number.NaN;
    const costMicroUsd = Number.isFinite(units) ? Math.round(units * MICRO_USD_PER_UNIT) : null;
    return [
      {
        id,
        status,
        message: textOf(task['task_status_msg']) ?? '',
        urls,
        usage: { final_unit_deduction: deduction ?? null },
        costMicroUsd,
      },
    ];
  },
};
