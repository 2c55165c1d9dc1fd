import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { draw, edit } from '../kit/picture.ts';
import { ApiError, type ImageOrder, outputTokens, sidesOf } from './order.ts';

/** A multipart body taken apart: text fields and files by name (`image` and `image[]` both arrive as lists). */
export type Form = { fields: Record<string, unknown>; files: Map<string, { bytes: Buffer; type: string }[]> };

/** @throws ApiError 400 when the body is no multipart form */
export async function readForm(body: Buffer, contentType: string): Promise<Form> {
  const data = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData().catch(() => {
    throw new ApiError(400, 'Could not parse multipart form.', { code: 'invalid_multipart' });
  });
  const form: Form = { fields: {}, files: new Map() };
  for (const [name, value] of data.entries()) {
    if (typeof value === 'string') form.fields[name] = value;
    else form.files.set(name, [...(form.files.get(name) ?? []), { bytes: Buffer.from(await value.arrayBuffer()), type: value.type }]);
  }
  return form;
}

/** A form for the journal: files by type and length. */
export function shownForm(form: Form): Record<string, unknown> {
  const files = [...form.files].map(([name, list]) => [name, list.map((file) => `<${file.type} of ${file.bytes.length} bytes>`)]);
  return { ...form.fields, ...Object.fromEntries(files) };
}

/** Takes the pictures of an edit from the form and refuses what the provider refuses. @throws ApiError 400 */
export async function readSources(form: Form, order: ImageOrder): Promise<ImageOrder> {
  const unknown = [...form.files.keys()].find((name) => !['image', 'image[]', 'mask'].includes(name));
  if (unknown !== undefined) throw new ApiError(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
  const files = [...(form.files.get('image') ?? []), ...(form.files.get('image[]') ?? [])];
  if (files.length === 0)
    throw new ApiError(400, "Missing required parameter: 'image'.", { param: 'image', code: 'missing_required_parameter' });
  if (files.length > 16) throw new ApiError(400, 'Too many images: at most 16.', { param: 'image', code: 'array_above_max_length' });
  const sources: Buffer[] = [];
  for (const file of files) {
    if (file.bytes.length >= 50 * 1024 * 1024)
      throw new ApiError(400, 'Image file too large.', { param: 'image', code: 'image_too_large' });
    await decoded(file.bytes, ['png', 'jpeg', 'webp'], 'image');
    sources.push(file.bytes);
  }
  const mask = form.files.get('mask')?.[0]?.bytes ?? null;
  if (mask) {
    if (mask.length >= 4_000_000) throw new ApiError(400, 'Mask file too large.', { param: 'mask', code: 'image_too_large' });
    const [a, b] = [await decoded(mask, ['png'], 'mask'), await decoded(sources[0] ?? mask, ['png', 'jpeg', 'webp'], 'image')];
    if (a.width !== b.width || a.height !== b.height) {
      throw new ApiError(400, 'Invalid mask image: mask size does not match image size.', { param: 'mask', code: 'invalid_image_mask' });
    }
    if (!a.hasAlpha)
      throw new ApiError(400, 'Invalid mask image: mask is missing alpha channel.', { param: 'mask', code: 'invalid_image_mask' });
  }
  return { ...order, sources, mask };
}

async function decoded(bytes: Buffer, formats: readonly string[], param: string) {
  const facts = await sharp(bytes)
    .metadata()
    .catch(() => null);
  if (!facts || !formats.includes(facts.format ?? '')) {
    throw new ApiError(400, 'Invalid image file or mode for image.', { param, code: 'invalid_image_file' });
  }
  return facts;
}

/** Makes the pictures and the answer the provider would give. */
export async function fulfil(order: ImageOrder, missing: number): Promise<Record<string, unknown>> {
  const [width, height] = await resolveSize(order);
  const transparent = order.background === 'transparent';
  const { format, compression, prompt } = order;
  const data: { b64_json: string }[] = [];
  for (let index = 0; index < Math.max(0, order.n - missing); index += 1) {
    const picture = { width, height, format, compression, transparent, prompt, index };
    const bytes = order.sources.length > 0 ? await edit(picture, order.sources, order.mask) : await draw(picture);
    data.push({ b64_json: bytes.toString('base64') });
  }
  const textTokens = Math.max(1, Math.ceil(prompt.length / 4));
  const imageTokens = order.sources.length * 323;
  const out = data.length * outputTokens(width, height, order.quality);
  return {
    created: Math.floor(Date.now() / 1000),
    background: transparent ? 'transparent' : 'opaque',
    data,
    output_format: format,
    quality: order.quality,
    size: `${width}x${height}`,
    usage: {
      input_tokens: textTokens + imageTokens,
      input_tokens_details: { text_tokens: textTokens, image_tokens: imageTokens },
      output_tokens: out,
      output_tokens_details: { text_tokens: 0, image_tokens: out },
      total_tokens: textTokens + imageTokens + out,
    },
  };
}

async function resolveSize(order: ImageOrder): Promise<[number, number]> {
  if (order.size !== 'auto') return sidesOf(order.size);
  const [source] = order.sources;
  if (!source) return [1024, 1024];
  const { autoOrient } = await sharp(source).metadata();
  const ratio = autoOrient.width / autoOrient.height;
  if (ratio > 1.2) return [1536, 1024];
  return ratio < 1 / 1.2 ? [1024, 1536] : [1024, 1024];
}

/** An id that looks like the provider's and follows from what it is given. */
export function requestIdFrom(seed: string): string {
  return `req_${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
}
