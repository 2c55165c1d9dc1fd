import { fields, listOf, textOf } from '../exchange.ts';
import type { SourceFile, Submission } from '../port.ts';

const VIDEO = '/api/v1/services/aigc/video-generation/video-synthesis';
const IMAGE = '/api/v1/services/aigc/image-generation/generation';

const dataUri = ({ mime, bytes }: SourceFile): string => `data:${mime};base64,${bytes.toString('base64')}`;

/** Route and body of a paid task. Settings carry the vendor's own names: they were proved against the catalogue's schema. */
export function orderOf(submission: Submission): { path: string; body: Record<string, unknown> } {
  const { providerModel: model, prompt, settings, sources } = submission;
  const parameters = { ...settings, watermark: false };
  if (submission.capability === 'image' || submission.capability === 'imageEdit') {
    const images = sources.filter((source) => source.role === 'image').map((source) => ({ image: dataUri(source) }));
    return { path: IMAGE, body: { model, input: { messages: [{ role: 'user', content: [...images, { text: prompt }] }] }, parameters } };
  }
  const frame = (role: SourceFile['role'], type: string) => {
    const source = sources.find((one) => one.role === role);
    return source ? [{ type, url: dataUri(source) }] : [];
  };
  const media = [...frame('image', 'first_frame'), ...frame('lastFrame', 'last_frame')];
  return { path: VIDEO, body: { model, input: { prompt, ...(media.length > 0 ? { media } : {}) }, parameters } };
}

/** A task as the vendor shows it. */
export type DashScopeTask = { status: string; code: string | null; message: string; urls: string[]; usage: unknown };

/** Null when the answer holds no task. */
export function readTask(json: unknown): DashScopeTask | null {
  const output = fields(fields(json)['output']);
  const status = textOf(output['task_status']);
  if (status === null) return null;
  // Pictures stand in `content` of a choice, with or without a message around it; older models had `results`.
  const choices = listOf(output['choices']).map(fields);
  const contents = choices.flatMap((choice) => [...listOf(choice['content']), ...listOf(fields(choice['message'])['content'])]).map(fields);
  const results = listOf(output['results']).map(fields);
  const urls = [output['video_url'], ...contents.map((content) => content['image']), ...results.map((result) => result['url'])];
  return {
    status,
    code: textOf(output['code']),
    message: textOf(output['message']) ?? '',
    urls: urls.flatMap((url) => textOf(url) ?? []),
    usage: fields(json)['usage'] ?? null,
  };
}

/** Millionths of a dollar per second by tier, and per picture (vendor's prices for Singapore, 2026-09). */
const PER_SECOND: Readonly<Record<string, number>> = { '480': 50_000, '720': 100_000, '1080': 200_000 };
const PER_PICTURE: Readonly<Record<string, number>> = { 'wan2.7-image': 30_000, 'wan2.7-image-pro': 75_000 };

/** What the vendor will bill by its own count; null when it can't be told. */
export function costOf(providerModel: string, usage: unknown): number | null {
  const { duration, SR, image_count } = fields(usage);
  const perPicture = PER_PICTURE[providerModel];
  if (perPicture !== undefined) return typeof image_count === 'number' ? Math.round(perPicture * image_count) : null;
  const perSecond = PER_SECOND[String(SR)];
  return perSecond !== undefined && typeof duration === 'number' ? Math.round(perSecond * duration) : null;
}

/** Codes that say: not this. */
export const REFUSED: ReadonlySet<string> = new Set([
  'DataInspectionFailed',
  'data_inspection_failed',
  'IPInfringementSuspect',
  'FaqRuleBlocked',
]);
/** Our account: its key, its money, its rights. */
export const ACCOUNT = /^(InvalidApiKey|Arrearage|AccessDenied|Model\.AccessDenied|AllocationQuota\.FreeTierOnly)/;

/** Dollars per million tokens (a reseller's list of 2026-11). */
const PER_TOKEN: Readonly<Record<string, { input: number; output: number }>> = {
  'qwen3.8-flash': { input: 0.15, output: 0.47 },
  'qwen3.8-max': { input: 2, output: 6 },
};

/** What a text will be billed by its tokens; null when the model's price isn't known. */
export function textCostOf(providerModel: string, tokens: { input: number; output: number }): number | null {
  const rates = PER_TOKEN[providerModel];
  return rates ? Math.round(tokens.input * rates.input + tokens.output * rates.output) : null;
}
