import { z } from 'zod';
import { sound } from '../kit/sound.ts';
import { words } from '../kit/words.ts';
import type { Form } from './images.ts';
import { ApiError } from './order.ts';

const OLDER_VOICES = ['alloy', 'ash', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer'];
const VOICES = [...OLDER_VOICES, 'ballad', 'verse', 'marin', 'cedar'];
const SpeechBody = z.strictObject({
  model: z.enum(['gpt-4o-mini-tts', 'gpt-4o-mini-tts-2025-12-15', 'tts-1', 'tts-1-hd']),
  input: z.string().min(1).max(4_096),
  voice: z.enum(VOICES as [string, ...string[]]),
  instructions: z.string().min(1).optional(),
  response_format: z.literal('wav'),
  speed: z.number().min(0.25).max(4).default(1),
});
export type SpeechOrder = z.infer<typeof SpeechBody>;

function checked<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const param = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : '');
  throw new ApiError(400, `Invalid value for '${param}': ${issue?.message ?? ''}`, { param, code: 'invalid_value' });
}

/** @throws ApiError 400 */
export function readSpeechOrder(body: unknown): SpeechOrder {
  const order = checked(SpeechBody, body);
  const isOlder = order.model.startsWith('tts-1');
  if (isOlder && order.instructions !== undefined)
    throw new ApiError(400, "'instructions' is not supported with this model.", { param: 'instructions' });
  if (isOlder && !OLDER_VOICES.includes(order.voice))
    throw new ApiError(400, "'voice' is not supported with this model.", { param: 'voice' });
  return order;
}

/** Fifteen characters a second, as people speak; the header doesn't say how long it is, as the real one's doesn't. */
export function speech({ input, voice, speed }: SpeechOrder): Buffer {
  const bytes = sound({ seconds: Math.max(0.5, input.length / 15 / speed), prompt: `${voice}:${input}` });
  bytes.writeUInt32LE(0xffff_ffff, 4);
  bytes.writeUInt32LE(0xffff_ffff, bytes.indexOf('data', 0, 'latin1') + 4);
  return bytes;
}

const TYPES: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
};
const TranscriptFields = z.strictObject({
  model: z.enum(['gpt-transcribe', 'whisper-1']),
  language: z
    .string()
    .regex(/^[a-z]{2}$/)
    .optional(),
  prompt: z.string().optional(),
  response_format: z.enum(['json', 'text', 'srt', 'verbose_json', 'vtt']).default('json'),
});
export type TranscriptOrder = z.infer<typeof TranscriptFields> & { seconds: number };
const MAX_BYTES = 25 * 1024 * 1024;

/** @throws ApiError 400 */
export function readTranscriptOrder(form: Form): TranscriptOrder {
  const fields = checked(TranscriptFields, form.fields);
  const [file, ...more] = form.files.get('file') ?? [];
  if (!file || more.length > 0 || form.files.size > 1) throw new ApiError(400, "Missing required parameter: 'file'.", { param: 'file' });
  if (!(file.type in TYPES)) throw new ApiError(400, 'Unrecognized file format.', { param: 'file' });
  if (file.bytes.length > MAX_BYTES) throw new ApiError(413, 'Maximum content size limit (26214400) exceeded.');
  const seconds = secondsOf(file.bytes);
  if (seconds === null) throw new ApiError(400, 'Audio file might be corrupted or unsupported', { param: 'file' });
  if (fields.model === 'gpt-transcribe' && !['json', 'text'].includes(fields.response_format)) {
    throw new ApiError(400, 'response_format is not compatible with this model.', { param: 'response_format', code: 'unsupported_value' });
  }
  return { ...fields, seconds };
}

/** Of a WAV what its header says; of the other formats what their size makes likely at 128 kbit/s. Null when it is none of them. */
function secondsOf(bytes: Buffer): number | null {
  const says = (text: string, at = 0): boolean => bytes.toString('latin1', at, at + text.length) === text;
  if (says('RIFF') && says('WAVE', 8)) {
    const [format, data] = [bytes.indexOf('fmt ', 0, 'latin1'), bytes.indexOf('data', 0, 'latin1')];
    return format < 0 || data < 0 ? null : (bytes.length - data - 8) / bytes.readUInt32LE(format + 16);
  }
  const isKnown = says('ID3') || says('fLaC') || says('OggS') || says('ftyp', 4) || bytes[0] === 0xff;
  return isKnown ? bytes.length / 16_000 : null;
}

/** JSON, or the file itself. */
export function transcript({ model, response_format, seconds, prompt }: TranscriptOrder): Record<string, unknown> | string {
  const spoken = words(`${model} ${prompt ?? ''}`, Math.max(6, Math.round(seconds * 2)));
  const text = spoken.join('').replace(/\s+/g, ' ');
  if (response_format === 'json') {
    return {
      text,
      ...(model === 'gpt-transcribe' ? { languages: [{ language: 'en' }] } : {}),
      usage: { type: 'duration', seconds: Math.ceil(seconds) },
    };
  }
  if (response_format === 'srt' || response_format === 'vtt') return subtitles(text.split(' '), seconds, response_format);
  return `${text}\n`;
}

/** Six words a line, over the length of the sound. */
function subtitles(spoken: readonly string[], seconds: number, format: 'srt' | 'vtt'): string {
  const lines = Array.from({ length: Math.ceil(spoken.length / 6) }, (_, n) => spoken.slice(n * 6, n * 6 + 6).join(' '));
  const mark = format === 'srt' ? ',' : '.';
  const time = (s: number): string => new Date(Math.round(s * 1000)).toISOString().slice(11, 23).replace('.', mark);
  const cues = lines.map((line, n) => {
    const [from, to] = [(n * seconds) / lines.length, ((n + 1) * seconds) / lines.length];
    return `${format === 'srt' ? `${n + 1}\n` : ''}${time(from)} --> ${time(to)}\n${line}\n`;
  });
  return `${format === 'vtt' ? 'WEBVTT\n\n' : ''}${cues.join('\n')}`;
}
