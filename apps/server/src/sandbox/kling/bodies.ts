import { z } from 'zod';
import { KlingRefusal } from './errors.ts';

/** A request, whichever door it came through. */
export type KlingOrder = {
  model: string;
  prompt: string;
  resolution: '720p' | '1080p';
  seconds: number;
  aspect: '16:9' | '9:16' | '1:1' | null;
  hasSound: boolean;
  first: string | null;
  last: string | null;
  externalId: string | null;
};

const MODELS = ['kling-3.0', 'kling-3.0-turbo', 'kling-2.6', 'kling-2.5-turbo'] as const;
const LEGACY_MODELS: Readonly<Record<string, (typeof MODELS)[number]>> = {
  'kling-v3': 'kling-3.0',
  'kling-v2-6': 'kling-2.6',
  'kling-v2-5-turbo': 'kling-2.5-turbo',
};
const isOlder = (model: string): boolean => model.startsWith('kling-2');

const watermark = z.strictObject({ enabled: z.boolean() });
const options = z.strictObject({
  callback_url: z.url().optional(),
  external_task_id: z.string().min(1).optional(),
  watermark_info: watermark.optional(),
});
const prompt = z.string().min(1).max(3_072);

function settingsOf(model: string, isText: boolean) {
  const isTurbo = model === 'kling-3.0-turbo';
  return z.strictObject({
    resolution: z.enum(['720p', '1080p']).default('720p'),
    duration: (isOlder(model) ? z.literal([5, 10]) : z.int().min(3).max(15)).default(5),
    ...(isText ? { aspect_ratio: z.enum(['16:9', '9:16', '1:1']).default('16:9') } : {}),
    // Turbo always has sound and no switch; 2.5 never has.
    ...(isTurbo || model === 'kling-2.5-turbo' ? {} : { audio: z.enum(['native', 'off']).default('off') }),
    ...(isTurbo ? {} : { multi_shot: z.boolean().default(true) }),
  });
}

/** @throws KlingRefusal 400 with 1200 (a field is missing or not known) or 1201 (a value is wrong), 404 with 1203 */
export function readNew(model: string, isText: boolean, body: unknown): KlingOrder {
  if (!(MODELS as readonly string[]).includes(model)) throw new KlingRefusal(404, 1203, `model ${model} is not found`);
  const settings = settingsOf(model, isText).prefault({});
  if (isText) {
    const read = checked(z.strictObject({ prompt, settings, options: options.prefault({}) }), body);
    return { ...common(model, read.settings, read.options), prompt: read.prompt, first: null, last: null };
  }
  const url = z.string().min(1);
  const content = z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('prompt'), text: prompt }),
    z.strictObject({ type: z.literal('first_frame'), url }),
    z.strictObject({ type: z.literal('last_frame'), url }),
  ]);
  const read = checked(z.strictObject({ contents: z.array(content).min(1), settings, options: options.prefault({}) }), body);
  const frame = (type: 'first_frame' | 'last_frame'): string | null =>
    read.contents.flatMap((one) => (one.type === type && 'url' in one ? one.url : []))[0] ?? null;
  const text = read.contents.find((one) => one.type === 'prompt')?.text ?? '';
  const [first, last] = [frame('first_frame'), frame('last_frame')];
  if (first === null) throw new KlingRefusal(400, 1200, 'contents: first_frame is required');
  if (last !== null && model === 'kling-3.0-turbo') throw new KlingRefusal(400, 1201, 'contents: last_frame is not supported');
  return { ...common(model, read.settings, read.options), prompt: text, first, last };
}

type Settings = { resolution: '720p' | '1080p'; duration: number; aspect_ratio?: unknown; audio?: unknown };

function common(model: string, settings: Settings, { external_task_id }: z.infer<typeof options>) {
  const aspect = settings.aspect_ratio === undefined ? null : (settings.aspect_ratio as '16:9');
  const hasSound = settings.audio === 'native';
  return { model, resolution: settings.resolution, seconds: settings.duration, aspect, hasSound, externalId: external_task_id ?? null };
}

const legacy = {
  model_name: z.string(),
  prompt: z.string().min(1).max(2_500),
  negative_prompt: z.string().max(2_500).optional(),
  mode: z.enum(['std', 'pro']).default('std'),
  duration: z.enum(['3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15']).default('5'),
  sound: z.enum(['on', 'off']).default('off'),
  watermark_info: watermark.optional(),
  callback_url: z.url().optional(),
  external_task_id: z.string().min(1).optional(),
};
const legacyText = z.strictObject({ ...legacy, aspect_ratio: z.enum(['16:9', '9:16', '1:1']).default('16:9') });
const legacyImage = z.strictObject({ ...legacy, image: z.string().min(1), image_tail: z.string().min(1).optional() });

/** @throws KlingRefusal as `readNew` */
export function readLegacy(isText: boolean, body: unknown): KlingOrder {
  const read = isText
    ? { image: null, image_tail: undefined, ...checked(legacyText, body) }
    : { aspect_ratio: null, ...checked(legacyImage, body) };
  const model = LEGACY_MODELS[read.model_name];
  if (model === undefined) throw new KlingRefusal(404, 1203, `model ${read.model_name} is not found`);
  if (isOlder(model) && !['5', '10'].includes(read.duration)) throw new KlingRefusal(400, 1201, 'duration: 5 or 10');
  return {
    ...{ model, prompt: read.prompt, seconds: Number(read.duration), aspect: read.aspect_ratio, hasSound: read.sound === 'on' },
    resolution: read.mode === 'pro' ? '1080p' : '720p',
    first: read.image,
    last: read.image_tail ?? null,
    externalId: read.external_task_id ?? null,
  };
}

function checked<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const isShape = issue?.code === 'unrecognized_keys' || issue?.code === 'invalid_type';
  throw new KlingRefusal(400, isShape ? 1200 : 1201, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
