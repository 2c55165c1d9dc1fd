import { fields, listOf, textOf } from '../exchange.ts';
import type { SourceFile, Submission } from '../port.ts';

const PATH = '/api/v1/services/aigc/multimodal-generation/generation';

/** Models that have no task mode: the answer is the result, and a lost answer is lost. */
const isSpeech = (submission: Pick<Submission, 'capability'>): boolean => submission.capability === 'speech';
export const isSynchronous = (submission: Submission): boolean => isSpeech(submission) || submission.providerModel.startsWith('qwen-image');

const dataUri = ({ mime, bytes }: SourceFile): string => `data:${mime};base64,${bytes.toString('base64')}`;

/** Route and body of such a call. Settings carry the vendor's own names. */
export function syncOrderOf(submission: Submission): { path: string; body: Record<string, unknown> } {
  const { providerModel: model, prompt, settings, sources } = submission;
  if (isSpeech(submission)) return { path: PATH, body: { model, input: { text: prompt, ...settings } } };
  const images = sources.map((source) => ({ image: dataUri(source) }));
  const messages = [{ role: 'user', content: [...images, { text: prompt }] }];
  const { size, ...rest } = settings;
  // Without a size the model takes that of the source.
  const parameters = { ...rest, ...(size === undefined || size === 'auto' ? {} : { size }), watermark: false };
  return { path: PATH, body: { model, input: { messages }, parameters } };
}

/** Addresses of the results; they end after a day. */
export function syncUrlsOf(json: unknown): string[] {
  const output = fields(fields(json)['output']);
  const speech = textOf(fields(output['audio'])['url']);
  if (speech !== null) return [speech];
  const contents = listOf(output['choices']).flatMap((choice) => listOf(fields(fields(choice)['message'])['content']));
  return contents.flatMap((content) => textOf(fields(content)['image']) ?? []);
}

/** Millionths of a dollar per picture, and per character that is read aloud (Singapore). */
const PER_PICTURE: Readonly<Record<string, number>> = { 'qwen-image-3.0': 30_000 };
const PER_CHARACTER: Readonly<Record<string, number>> = { 'qwen3-tts-flash': 10 };

/** What the vendor will bill by its own count; null when it can't be told. */
export function syncCostOf(providerModel: string, usage: unknown): number | null {
  const { image_count, output_image_count = image_count, characters } = fields(usage);
  const perPicture = PER_PICTURE[providerModel];
  if (perPicture !== undefined && typeof output_image_count === 'number') return Math.round(perPicture * output_image_count);
  const perCharacter = PER_CHARACTER[providerModel];
  return perCharacter !== undefined && typeof characters === 'number' ? Math.round(perCharacter * characters) : null;
}
