import { z } from 'zod';

/** A refusal in the provider's shape: `{code, message, request_id}` with its HTTP status. */
export class DashScopeRefusal extends Error {
  override readonly name = 'DashScopeRefusal';
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const VIDEO_MODELS = ['wan3.0-video', 'wan3.0-video-prime'];
const IMAGE_MODELS = ['wan2.7-image', 'wan2.7-image-pro'];
const seed = z.int().min(-1).max(2_147_483_647).optional();

const Video = z.strictObject({
  model: z.string(),
  input: z.strictObject({
    prompt: z.string().min(1).max(20_000),
    media: z
      .array(z.strictObject({ type: z.enum(['first_frame', 'last_frame']), url: z.string() }))
      .max(2)
      .default([]),
  }),
  parameters: z
    .strictObject({
      resolution: z.enum(['480P', '720P', '1080P']).default('1080P'),
      ratio: z.enum(['adaptive', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']).default('adaptive'),
      duration: z.int().min(2).max(30).default(5),
      audio: z.boolean().default(true),
      prompt_extend: z.boolean().default(true),
      watermark: z.boolean().default(false),
      seed,
    })
    .prefault({}),
});
export type VideoOrder = z.infer<typeof Video>;

const Image = z.strictObject({
  model: z.string(),
  input: z.strictObject({
    messages: z
      .array(
        z.strictObject({
          role: z.literal('user'),
          content: z.array(z.union([z.strictObject({ image: z.string() }), z.strictObject({ text: z.string().min(1).max(5_000) })])).min(1),
        }),
      )
      .length(1),
  }),
  parameters: z
    .strictObject({
      size: z
        .string()
        .regex(/^([124]K|\d{3,4}\*\d{3,4})$/)
        .default('2K'),
      n: z.int().min(1).max(4).default(1),
      thinking_mode: z.boolean().default(true),
      watermark: z.boolean().default(false),
      seed,
    })
    .prefault({}),
});
export type ImageOrder = { model: string; prompt: string; images: string[]; size: string; n: number };

/** @throws DashScopeRefusal 400 InvalidParameter, 404 ModelNotFound */
export function readVideo(body: unknown): VideoOrder {
  const order = checked(Video, body);
  if (!VIDEO_MODELS.includes(order.model)) throw new DashScopeRefusal(404, 'ModelNotFound', `Model ${order.model} can not be found.`);
  const types = order.input.media.map((one) => one.type);
  if (new Set(types).size !== types.length || (types.includes('last_frame') && !types.includes('first_frame'))) {
    throw new DashScopeRefusal(400, 'InvalidParameter', 'input.media: this set of media types is not supported');
  }
  return order;
}

/** @throws DashScopeRefusal as `readVideo` */
export function readImage(body: unknown): ImageOrder {
  const { model, input, parameters } = checked(Image, body);
  if (!IMAGE_MODELS.includes(model)) throw new DashScopeRefusal(404, 'ModelNotFound', `Model ${model} can not be found.`);
  const content = input.messages.flatMap((message) => message.content);
  const texts = content.flatMap((part) => ('text' in part ? part.text : []));
  const images = content.flatMap((part) => ('image' in part ? part.image : []));
  const [prompt] = texts;
  if (prompt === undefined || texts.length > 1)
    throw new DashScopeRefusal(400, 'InvalidParameter', 'content: exactly one text is required');
  if (images.length > 9) throw new DashScopeRefusal(400, 'InvalidParameter', 'content: at most 9 images');
  if (parameters.size === '4K' && (model !== 'wan2.7-image-pro' || images.length > 0)) {
    throw new DashScopeRefusal(400, 'InvalidParameter', 'parameters.size: 4K is not supported here');
  }
  return { model, prompt, images, size: parameters.size, n: parameters.n };
}

function checked<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new DashScopeRefusal(400, 'InvalidParameter', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
