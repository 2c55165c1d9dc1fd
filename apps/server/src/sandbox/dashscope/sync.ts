import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type KitState, taskFault, travelFault } from '../kit/faults.ts';
import type { Reply } from '../kit/server.ts';
import type { TaskOrder, Tasks } from '../kit/tasks.ts';
import { DashScopeRefusal } from './bodies.ts';
import { pictureOf } from './pictures.ts';

const IMAGE_MODELS = ['qwen-image-3.0-pro', 'qwen-image-3.0'];
const SPEECH_MODELS = ['qwen3-tts-flash'];
const VOICES = ['Cherry', 'Serena', 'Ethan', 'Chelsie'];
const LANGUAGES = ['Auto', 'Chinese', 'English', 'German', 'Italian', 'Portuguese', 'Spanish', 'Japanese', 'Korean', 'French', 'Russian'];

const Speech = z.strictObject({
  model: z.string(),
  input: z.strictObject({
    text: z.string().min(1).max(600),
    voice: z.enum(VOICES as [string, ...string[]]),
    language_type: z.enum(LANGUAGES as [string, ...string[]]).default('Auto'),
  }),
});
const Image = z.strictObject({
  model: z.string(),
  input: z.strictObject({
    messages: z
      .array(
        z.strictObject({
          role: z.literal('user'),
          content: z.array(z.union([z.strictObject({ image: z.string() }), z.strictObject({ text: z.string().min(1) })])).min(1),
        }),
      )
      .length(1),
  }),
  parameters: z
    .strictObject({
      size: z
        .string()
        .regex(/^\d{3,4}\*\d{3,4}$/)
        .optional(),
      n: z.int().min(1).max(6).default(1),
      negative_prompt: z.string().max(500).optional(),
      prompt_extend: z.boolean().default(true),
      watermark: z.boolean().default(false),
      seed: z.int().min(0).max(2_147_483_647).optional(),
    })
    .prefault({}),
});

type Kit = { state: KitState; tasks: Tasks };

/** The door that answers with the result itself. @throws DashScopeRefusal 400, 404, 429, 500 */
export async function answerAtOnce(body: unknown, kit: Kit, origin: string): Promise<Reply> {
  const isSpeech = typeof body === 'object' && body !== null && JSON.stringify(body).includes('"voice"');
  const order = isSpeech ? speechOrder(checked(Speech, body)) : await imageOrder(checked(Image, body), kit.tasks);
  const { state, tasks } = kit;
  const { prompt } = order;
  const { retryAfterS, workMs } = state.controls();
  const hint: Record<string, string> = retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) };
  if (state.has('rateLimit', prompt)) throw new DashScopeRefusal(429, 'Throttling.RateQuota', 'Requests rate limit exceeded.', hint);
  if (state.has('serverError', prompt)) throw new DashScopeRefusal(500, 'InternalError', 'An internal error has occurred.');
  if (state.has('refuse', prompt)) throw new DashScopeRefusal(400, 'DataInspectionFailed', 'Input data may contain inappropriate content.');
  const amount = order.kind === 'pictures' ? Math.max(1, order.amount - (state.has('short', prompt) ? 1 : 0)) : order.amount;
  const task = tasks.add({ externalId: null, order: { ...order, amount }, waitMs: 0, workMs: 0, fault: taskFault(state, prompt) });
  await wait(workMs);
  const links = await tasks.linksOf(task, origin);
  const travel = travelFault(state, prompt);
  return { status: 200, body: order.kind === 'sound' ? spoken(links, prompt) : drawn(links, order), accepted: true, ...travel };
}

function spoken([url]: readonly string[], text: string): Record<string, unknown> {
  const expires_at = Math.floor(Date.now() / 1000) + 24 * 3600;
  // A Chinese character counts as two.
  const characters = [...text].reduce((sum, one) => sum + (/\p{Script=Han}/u.test(one) ? 2 : 1), 0);
  return { output: { finish_reason: 'stop', audio: { url, data: '', id: 'audio_sandbox', expires_at } }, usage: { characters } };
}

function drawn(links: readonly string[], { width, height }: TaskOrder): Record<string, unknown> {
  const content = links.map((image) => ({ image }));
  const choices = [{ finish_reason: 'stop', message: { role: 'assistant', content } }];
  return { output: { choices }, usage: { image_count: links.length, width, height } };
}

function speechOrder({ model, input }: z.infer<typeof Speech>): TaskOrder {
  if (!SPEECH_MODELS.includes(model)) throw new DashScopeRefusal(404, 'ModelNotFound', `Model ${model} can not be found.`);
  const seconds = Math.max(0.5, input.text.length / 15);
  return { kind: 'sound', model, prompt: input.text, width: 0, height: 0, amount: seconds, format: 'wav', sources: [], last: null };
}

async function imageOrder({ model, input, parameters }: z.infer<typeof Image>, tasks: Tasks): Promise<TaskOrder> {
  if (!IMAGE_MODELS.includes(model)) throw new DashScopeRefusal(404, 'ModelNotFound', `Model ${model} can not be found.`);
  const content = input.messages.flatMap((message) => message.content);
  const [prompt, ...more] = content.flatMap((part) => ('text' in part ? part.text : []));
  const given = content.flatMap((part) => ('image' in part ? part.image : []));
  if (prompt === undefined || more.length > 0 || given.length > 3) {
    throw new DashScopeRefusal(400, 'InvalidParameter', 'content: one text and at most three images');
  }
  const pictures = await Promise.all(given.map(pictureOf));
  const [width = 1328, height = 1328] = parameters.size?.split('*').map(Number) ?? [];
  if (width * height < 512 * 512 || width * height > 2048 * 2048) throw new DashScopeRefusal(400, 'InvalidParameter', 'parameters.size');
  const sources = pictures.map((picture) => tasks.keep(picture.bytes));
  return { kind: 'pictures', model, prompt, width, height, amount: parameters.n, format: 'png', sources, last: null };
}

function checked<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new DashScopeRefusal(400, 'InvalidParameter', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
