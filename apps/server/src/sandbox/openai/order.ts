/** A refusal in the provider's shape: `{"error": {message, type, param, code}}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } };
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    more: { type?: string; param?: string; code?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.body = { error: { message, type: more.type ?? 'invalid_request_error', param: more.param ?? null, code: more.code ?? null } };
    this.headers = more.headers ?? {};
  }
}

/** A checked request for pictures. */
export type ImageOrder = {
  model: string;
  prompt: string;
  n: number;
  size: string;
  quality: 'low' | 'medium' | 'high';
  format: 'png' | 'jpeg' | 'webp';
  compression: number;
  background: 'auto' | 'opaque' | 'transparent';
  sources: Buffer[];
  mask: Buffer | null;
};

export const IMAGE_MODELS = [
  'gpt-image-2.6-flare',
  'gpt-image-2.6-sunburst',
  'gpt-image-2.5-flare',
  'gpt-image-2.5-sunburst',
  'gpt-image-2',
] as const;

/** Every field of the reference that is spoken here. */
const KNOWN = new Set([
  ...['model', 'prompt', 'n', 'size', 'quality', 'background', 'output_format', 'output_compression'],
  ...['moderation', 'stream', 'safety_identifier'],
]);

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the fields both image endpoints share and refuses what the provider refuses.
 * @throws ApiError 400/404
 */
export function readOrder(fields: Fields, isGone: (model: string) => boolean): ImageOrder {
  const model = text(fields, 'model') ?? 'gpt-image-2';
  if (!(IMAGE_MODELS as readonly string[]).includes(model) || isGone(model)) {
    throw new ApiError(404, `The model '${model}' does not exist or you do not have access to it.`, {
      code: 'model_not_found',
      param: 'model',
    });
  }
  const prompt = text(fields, 'prompt');
  if (prompt === undefined || prompt === '')
    throw new ApiError(400, "Missing required parameter: 'prompt'.", { param: 'prompt', code: 'missing_required_parameter' });
  if ([...prompt].length > 32_000)
    throw new ApiError(400, 'Invalid prompt: string too long.', { param: 'prompt', code: 'string_above_max_length' });
  const format = oneOf(fields, 'output_format', ['png', 'jpeg', 'webp'] as const, 'png');
  const background = oneOf(fields, 'background', ['auto', 'opaque', 'transparent'] as const, 'auto');
  if (background === 'transparent' && format === 'jpeg') {
    throw new ApiError(400, 'Transparent background is not supported for jpeg.', { param: 'background', code: 'invalid_value' });
  }
  const unknown = Object.keys(fields).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new ApiError(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
  if (String(fields['stream'] ?? 'false') !== 'false') throw new ApiError(400, 'Streaming is not available here.', { param: 'stream' });
  oneOf(fields, 'moderation', ['auto', 'low'] as const, 'auto');
  const quality = oneOf(fields, 'quality', ['auto', 'low', 'medium', 'high'] as const, 'auto');
  return {
    model,
    prompt,
    n: whole(fields, 'n', 1, 10, 1),
    size: checkedSize(text(fields, 'size') ?? 'auto'),
    quality: quality === 'auto' ? 'medium' : quality,
    format,
    compression: whole(fields, 'output_compression', 0, 100, 100),
    background,
    sources: [],
    mask: null,
  };
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw new ApiError(400, `Invalid type for '${name}': expected a string.`, { param: name, code: 'invalid_type' });
  return value;
}

function oneOf<const T extends string>(fields: Fields, name: string, allowed: readonly T[], standard: T): T {
  const value = text(fields, name);
  if (value === undefined) return standard;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    const list = allowed.map((v) => `'${v}'`).join(', ');
    throw new ApiError(400, `Invalid value: '${value}'. Supported values are: ${list}.`, { param: name, code: 'invalid_value' });
  }
  return found;
}

function whole(fields: Fields, name: string, min: number, max: number, standard: number): number {
  const raw = fields[name];
  if (raw === undefined || raw === null) return standard;
  const value = Number(raw);
  if (!Number.isInteger(value))
    throw new ApiError(400, `Invalid type for '${name}': expected an integer.`, { param: name, code: 'invalid_type' });
  if (value < min)
    throw new ApiError(400, `Invalid '${name}': below minimum value ${min}.`, { param: name, code: 'integer_below_min_value' });
  if (value > max)
    throw new ApiError(400, `Invalid '${name}': above maximum value ${max}.`, { param: name, code: 'integer_above_max_value' });
  return value;
}

/** `auto` or `WxH`: sides divisible by 16, at most 3840, ratio 1:3 to 3:1, 655,360 to 8,294,400 pixels. */
function checkedSize(size: string): string {
  if (size === 'auto') return size;
  const [w, h] = sidesOf(size);
  const fits = w % 16 === 0 && h % 16 === 0 && Math.max(w, h) <= 3840 && Math.max(w, h) <= 3 * Math.min(w, h);
  if (!(w > 0) || !(h > 0) || !fits || w * h < 655_360 || w * h > 8_294_400) {
    throw new ApiError(400, `Invalid value: '${size}'.`, { param: 'size', code: 'invalid_value' });
  }
  return size;
}

export function sidesOf(size: string): [number, number] {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(size);
  return match ? [Number(match[1]), Number(match[2])] : [0, 0];
}

/** Output tokens of one picture: the formula recovered by users of the API from its published prices. */
export function outputTokens(width: number, height: number, quality: ImageOrder['quality']): number {
  const f = { low: 16, medium: 48, high: 96 }[quality];
  const s = Math.round((f * Math.min(width, height)) / Math.max(width, height));
  return Math.ceil((f * s * (2_000_000 + width * height)) / 4_000_000);
}
