import { fields, listOf, textOf } from '../exchange.ts';
import type { SourceFile, Submission } from '../port.ts';

/** Parts above about four megabytes don't come inside an answer. */
const LARGE_PICTURES = new Set(['2K', '4K']);

const partOf = ({ mime, bytes }: SourceFile) => ({ type: 'image', data: bytes.toString('base64'), mime_type: mime });

/**
 * The body of an interaction in the background: the handle is answered at once, and the work goes on without us. Settings carry the
 * vendor's own names; they were proved against the catalogue's schema.
 */
export function orderOf(submission: Submission): Record<string, unknown> {
  const { providerModel: model, capability, prompt, settings, sources } = submission;
  const parts = sources.map(partOf);
  const input = parts.length === 0 ? prompt : [...parts, { type: 'text', text: prompt }];
  const common = { model, input, background: true, store: true };
  if (capability === 'image' || capability === 'imageEdit') {
    const { aspect_ratio, image_size } = settings;
    // A model of one size takes no size.
    const size = image_size === undefined ? {} : { image_size };
    const delivery = LARGE_PICTURES.has(String(image_size)) ? 'uri' : 'inline';
    return { ...common, response_format: { type: 'image', ...(aspect_ratio === 'auto' ? {} : { aspect_ratio }), ...size, delivery } };
  }
  if (capability === 'speech' || capability === 'music') {
    const format = { type: 'audio', mime_type: 'audio/wav', ...(capability === 'speech' ? { sample_rate: 24_000 } : {}), delivery: 'uri' };
    if (capability === 'music') return { ...common, response_format: format };
    const { voice, manner } = settings;
    const annotations = manner === undefined || manner === '' ? {} : { annotations: [{ type: 'speech_metadata', style: manner }] };
    const content = [{ type: 'text', text: prompt, ...annotations }];
    const steps = [{ type: 'user_input', content }];
    return { ...common, input: steps, response_format: format, generation_config: { speech_config: [{ voice }] } };
  }
  const { aspect_ratio, resolution, duration } = settings;
  const task = capability === 'imageToVideo' ? 'image_to_video' : 'text_to_video';
  return {
    ...common,
    response_format: { type: 'video', aspect_ratio, resolution, duration: `${String(duration)}s`, delivery: 'uri' },
    generation_config: { video_config: { task } },
  };
}

export type Media = { type: string; data: string } | { type: string; uri: string };
/** An interaction as the vendor shows it. */
export type Interaction = { id: string; status: string; media: Media[]; errors: { code: string; message: string }[]; usage: unknown };

/** Null when the answer holds none. */
export function readInteraction(json: unknown): Interaction | null {
  const one = fields(json);
  const [id, status] = [textOf(one['id']), textOf(one['status'])];
  if (id === null || status === null) return null;
  const steps = listOf(one['steps']).map(fields);
  const output = steps.filter((step) => step['type'] === 'model_output').at(-1);
  const content = listOf(output?.['content']).map(fields);
  const media = content.flatMap((part): Media[] => {
    const type = textOf(part['type']) ?? '';
    const [data, uri] = [textOf(part['data']), textOf(part['uri'])];
    // A later look may bring the bytes although an address was asked for: both are good.
    if (data !== null) return [{ type, data }];
    return uri === null ? [] : [{ type, uri }];
  });
  const errors = [...listOf(one['errors']), ...steps.map((step) => step['error'])].flatMap((error) => {
    const { code, message } = fields(error);
    return code === undefined && message === undefined ? [] : [{ code: String(code ?? ''), message: textOf(message) ?? '' }];
  });
  return { id, status, media, errors, usage: one['usage'] ?? null };
}

/** The name of a file that the vendor keeps for two days, in an address of it; null when it is another kind of address. */
export const fileIdOf = (uri: string): string | null => /\/files\/([A-Za-z0-9_-]+)(?::download)?(?:\?|$)/.exec(uri)?.[1] ?? null;
