import OpenAI, { toFile } from 'openai';
import type { ImagesResponse } from 'openai/resources/images';
import type { Provider, SourceFile, Submission, SubmitAnswer } from '../port.ts';
import { check } from './check.ts';
import { costMicroUsd } from './cost.ts';
import { judge } from './errors.ts';
import { moderate } from './moderation.ts';
import { speak, transcribe } from './sound.ts';
import { write } from './text.ts';

export type OpenAiOptions = {
  apiKey: string;
  /** With the version, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Longest exchange; pictures take 10 to 120 s, so at least five minutes. */
  timeoutMs: number;
};

/**
 * OpenAI's pictures, texts and sounds: each is one exchange. There is no task id, so an answer that is lost is lost: nothing is ever
 * sent twice (`maxRetries: 0`).
 */
export function createOpenAiProvider(options: OpenAiOptions): Provider {
  const client = new OpenAI({ apiKey: options.apiKey, baseURL: options.baseUrl, maxRetries: 0, timeout: options.timeoutMs });
  return {
    async submit(submission) {
      try {
        return await orderOf(client, submission);
      } catch (error) {
        return judge(error);
      }
    },
    moderate: (asked) => moderate(client, asked),
    check: (models, signal) => check(client, models, signal),
  };
}

async function orderOf(client: OpenAI, submission: Submission): Promise<SubmitAnswer> {
  switch (submission.capability) {
    case 'text':
      return write(client, submission);
    case 'speech':
      return speak(client, submission);
    case 'transcript':
      return transcribe(client, submission);
    default: {
      const { data, request_id } = await draw(client, submission).withResponse();
      return read(data, request_id);
    }
  }
}

function draw(client: OpenAI, { capability, providerModel, prompt, settings, sources, userTag, signal }: Submission) {
  // The settings are ours to pass on: they were proved against the catalogue's schema before anything was paid.
  const common = { ...settings, model: providerModel, prompt, safety_identifier: userTag, stream: false as const };
  if (capability === 'image') return client.images.generate(common, { signal });
  const files = (role: SourceFile['role']) =>
    sources
      .filter((s) => s.role === role)
      .map((s, i) => toFile(s.bytes, `${role}-${i}.${s.mime.split('/')[1] ?? 'png'}`, { type: s.mime }));
  const upload = async () => {
    const [mask] = await Promise.all(files('mask'));
    return { ...common, image: await Promise.all(files('image')), ...(mask ? { mask } : {}) };
  };
  return { withResponse: async () => client.images.edit(await upload(), { signal }).withResponse() };
}

function read(answer: ImagesResponse, requestId: string | null): SubmitAnswer {
  const outputs = (answer.data ?? []).flatMap((image) => (image.b64_json ? [Buffer.from(image.b64_json, 'base64')] : []));
  if (outputs.length === 0) return { kind: 'unreadable', requestId, message: 'the answer holds no picture' };
  return { kind: 'delivered', requestId, outputs, usage: answer.usage ?? null, costMicroUsd: costMicroUsd(answer.usage) };
}
