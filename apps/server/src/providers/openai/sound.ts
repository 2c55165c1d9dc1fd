import { characterWeight } from '@pingplex/shared/domain';
import type OpenAI from 'openai';
import { toFile } from 'openai';
import type { Submission, SubmitAnswer } from '../port.ts';
import { speechCostMicroUsd, transcriptCostMicroUsd } from './cost.ts';

/** Reads a text aloud: one WAV. */
export async function speak(client: OpenAI, { providerModel, prompt, settings, signal }: Submission): Promise<SubmitAnswer> {
  const { voice, instructions, speed } = settings;
  const { data, request_id: requestId } = await client.audio.speech
    .create(
      {
        model: providerModel,
        input: prompt,
        voice: String(voice),
        ...(instructions === undefined || instructions === '' ? {} : { instructions: String(instructions) }),
        ...(speed === undefined ? {} : { speed: Number(speed) }),
        response_format: 'wav',
      },
      { signal },
    )
    .withResponse();
  const bytes = Buffer.from(await data.arrayBuffer());
  if (bytes.length === 0) return { kind: 'unreadable', requestId, message: 'the answer holds no sound' };
  const costMicroUsd = speechCostMicroUsd(providerModel, characterWeight(prompt));
  return { kind: 'delivered', requestId, outputs: [bytes], usage: null, costMicroUsd };
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
};

/** Writes down what a sound says: plain, or with times where the model gives them. */
export async function transcribe(client: OpenAI, submission: Submission): Promise<SubmitAnswer> {
  const { providerModel, prompt, settings, sources, units, signal } = submission;
  const source = sources.find((one) => one.role === 'audio');
  if (!source) return { kind: 'rejected', requestId: null, status: 400, message: 'there is no sound to write down' };
  const { format = 'text', language = 'auto' } = settings;
  const isTimed = format === 'srt' || format === 'vtt';
  const { data, request_id: requestId } = await client.audio.transcriptions
    .create(
      {
        file: await toFile(source.bytes, `sound.${EXTENSIONS[source.mime] ?? 'bin'}`, { type: source.mime }),
        model: providerModel,
        ...(language === 'auto' ? {} : { language: String(language) }),
        ...(prompt === '' ? {} : { prompt }),
        response_format: isTimed ? format : 'json',
      },
      { signal },
    )
    .withResponse();
  // With times the body is the file itself.
  const answer: unknown = data;
  const { text, usage } = typeof answer === 'string' ? { text: answer, usage: null } : (answer as { text?: string; usage?: unknown });
  if (text === undefined) return { kind: 'unreadable', requestId, message: 'the answer holds no text' };
  // Silence is a result too.
  const outputs = [Buffer.from(text === '' ? '\n' : text, 'utf8')];
  const costMicroUsd = transcriptCostMicroUsd(providerModel, units, usage);
  return { kind: 'delivered', requestId, outputs, usage: usage ?? null, costMicroUsd };
}
