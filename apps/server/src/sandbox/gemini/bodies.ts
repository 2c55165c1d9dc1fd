import { z } from 'zod';
import { GeminiRefusal } from './errors.ts';

const IMAGE_MODELS = ['gemini-nano-banana-2.1', 'gemini-3-pro-image', 'gemini-3.1-flash-image', 'gemini-3.1-flash-lite-image'];
const SPEECH_MODELS = ['gemini-3.8-flash-tts', 'gemini-3.8-flash-lite-tts'];
const MUSIC_MODELS = ['lyria-3.5'];
const VIDEO_MODELS = ['gemini-omni-1.2-flash', 'gemini-omni-1.1-flash'];

const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const Part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1) }),
  z.strictObject({ type: z.literal('image'), data: Base64, mime_type: z.enum(['image/png', 'image/jpeg', 'image/webp']) }),
]);

const ImageFormat = z.strictObject({
  type: z.literal('image'),
  aspect_ratio: z.enum(['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9', '1:8', '8:1', '1:4', '4:1']).optional(),
  image_size: z.enum(['512', '1K', '2K', '4K']).optional(),
  mime_type: z.literal('image/jpeg').optional(),
  delivery: z.enum(['inline', 'uri']).default('inline'),
});
const VideoFormat = z.strictObject({
  type: z.literal('video'),
  aspect_ratio: z.enum(['16:9', '9:16']).default('16:9'),
  resolution: z.enum(['360p', '720p', '1080p', '4k']).default('720p'),
  duration: z
    .string()
    .regex(/^\d{1,2}s$/)
    .default('5s'),
  delivery: z.enum(['inline', 'uri']).default('inline'),
});

const AudioFormat = z.strictObject({
  type: z.literal('audio'),
  mime_type: z.enum(['audio/mp3', 'audio/ogg_opus', 'audio/l16', 'audio/wav', 'audio/alaw', 'audio/mulaw']),
  sample_rate: z.literal(24_000).optional(),
  delivery: z.enum(['inline', 'uri']).default('inline'),
});
const Step = z.strictObject({
  type: z.literal('user_input'),
  content: z
    .array(
      z.strictObject({
        type: z.literal('text'),
        text: z.string().min(1),
        annotations: z.array(z.strictObject({ type: z.literal('speech_metadata'), style: z.string().min(1) })).optional(),
      }),
    )
    .length(1),
});
const Voice = z.strictObject({ voice: z.string().regex(/^[A-Z][a-z]+$/), language: z.string().optional() });

const Interaction = z.strictObject({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(Part).min(1), z.array(Step).length(1)]),
  background: z.boolean().default(false),
  store: z.boolean().default(true),
  response_format: z.discriminatedUnion('type', [ImageFormat, VideoFormat, AudioFormat]),
  generation_config: z
    .strictObject({
      video_config: z.strictObject({ task: z.enum(['text_to_video', 'image_to_video']) }).optional(),
      speech_config: z.array(Voice).length(1).optional(),
    })
    .optional(),
});

export type InteractionOrder = {
  model: string;
  prompt: string;
  images: Buffer[];
  format: z.infer<typeof ImageFormat> | z.infer<typeof VideoFormat> | z.infer<typeof AudioFormat>;
};

const invalid = (message: string): GeminiRefusal => new GeminiRefusal(400, 'INVALID_ARGUMENT', message);

/** @throws GeminiRefusal 400 INVALID_ARGUMENT, 404 NOT_FOUND */
export function readInteractionOrder(body: unknown): InteractionOrder {
  const read = Interaction.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { model, input, background, store, response_format: format, generation_config } = read.data;
  const given = typeof input === 'string' ? [{ type: 'text' as const, text: input }] : input;
  const parts = given.flatMap((part) => (part.type === 'user_input' ? part.content : [part]));
  const texts = parts.flatMap((part) => (part.type === 'text' ? part.text : []));
  const images = parts.flatMap((part) => (part.type === 'image' ? Buffer.from(part.data, 'base64') : []));
  const [prompt] = texts;
  if (prompt === undefined || texts.length > 1) throw invalid('input: exactly one text is required');
  if (background && !store) throw invalid('background requires store to be true');
  if (!background) throw invalid('this model is only available with background set to true here');
  const hasVoice = generation_config?.speech_config !== undefined;
  const known = { image: IMAGE_MODELS, video: VIDEO_MODELS, audio: hasVoice ? SPEECH_MODELS : MUSIC_MODELS }[format.type];
  if (!known.includes(model)) throw new GeminiRefusal(404, 'NOT_FOUND', `models/${model} is not found for this API version.`);
  if (format.type === 'image') checkPicture(model, format, images.length);
  else if (format.type === 'video') checkFilm(model, format, images.length, generation_config?.video_config?.task);
  else if (images.length > 0) throw invalid('input: pictures are not supported here');
  return { model, prompt, images, format };
}

function checkPicture(model: string, format: z.infer<typeof ImageFormat>, images: number): void {
  if (model === 'gemini-3.1-flash-lite-image' && format.image_size !== undefined)
    throw invalid('image_size is not supported by this model');
  if (format.image_size === '512' && model !== 'gemini-3.1-flash-image') throw invalid('image_size: 512 is not supported by this model');
  if (images > 14) throw invalid('input: at most 14 images');
}

function checkFilm(model: string, format: z.infer<typeof VideoFormat>, images: number, task: string | undefined): void {
  const seconds = Number.parseInt(format.duration, 10);
  const longest = model === 'gemini-omni-1.2-flash' ? 15 : 10;
  if (seconds < 3 || seconds > longest) throw invalid(`duration: from 3s to ${longest}s`);
  if (task === 'image_to_video' ? images === 0 || images > 2 : images > 0) throw invalid('input: the images do not fit the task');
}
