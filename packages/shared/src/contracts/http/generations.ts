import { z } from 'zod';
import { Credits, GenerationId, Sha256, UploadId } from '../../domain/ids.ts';
import { MediaKind } from '../../domain/media.ts';
import { PriceRule } from '../../domain/price.ts';
import { GenerationState } from '../../domain/states.ts';
import { Done, route } from './route.ts';

const Label = z.object({ en: z.string(), ru: z.string() });

/**
 * What a model makes: `video` from a prompt alone, `imageToVideo` from a first frame and, where the model takes one, a last frame.
 * `text` answers a prompt (with pictures, where the model takes them), `speech` reads the prompt aloud, `transcript` writes down what a
 * sound says, `music` makes a piece from a prompt.
 */
export const Capability = z.enum(['image', 'imageEdit', 'video', 'imageToVideo', 'text', 'speech', 'transcript', 'music']);
export type Capability = z.infer<typeof Capability>;

/** What a result is. Texts are UTF-8 files: plain text, SubRip (`application/x-subrip`) or WebVTT (`text/vtt`). */
export const ResultKind = z.enum([...MediaKind.options, 'text']);
export type ResultKind = z.infer<typeof ResultKind>;

/** An entry of the catalogue. `settingsSchema` is JSON Schema (draft 2020-12) whose properties carry `x-label` {en, ru}. */
export const Model = z.object({
  id: z.string(),
  /** `openai`, `google`, `kling`, `dashscope`, or one that was added since. */
  provider: z.string(),
  capability: Capability,
  label: Label,
  settingsSchema: z.record(z.string(), z.unknown()),
  limits: z.object({
    maxPromptChars: z.int(),
    minSources: z.int(),
    maxSources: z.int(),
    maxSourceBytes: z.int(),
    sourceMimes: z.array(z.string()),
    /** True when a source with the role `lastFrame` may be given besides the first frame. */
    lastFrame: z.boolean().optional(),
    /** True when a source with the role `mask` may be given: a PNG with the size of the first image, transparent where to change. */
    mask: z.boolean().optional(),
    /** True when the prompt may be empty: a sound that is only to be written down. */
    promptOptional: z.boolean().optional(),
    /** Longest sound or film that may be given, in seconds. */
    maxSourceSeconds: z.int().optional(),
    /** Pixels of a source's sides, and how many times the longer one may be the shorter one. */
    sourceSides: z.object({ min: z.int(), max: z.int(), maxRatio: z.number() }).optional(),
  }),
  resultKind: ResultKind,
  price: PriceRule,
  /** False while the provider's key is missing or the model is retired. */
  available: z.boolean(),
  /** True when our own stand-in answers instead of the provider. */
  sandbox: z.boolean(),
  retiresAt: z.iso.date().nullable(),
});
export type Model = z.infer<typeof Model>;

const Settings = z.record(z.string().max(64), z.union([z.string().max(2000), z.number(), z.boolean()]));

export const GenerationRequest = z.strictObject({
  modelId: z.string().min(1).max(100),
  /** Empty only where the model's limits say `promptOptional`. */
  prompt: z.string().max(32_000),
  settings: Settings.default({}),
  sources: z
    .array(z.strictObject({ uploadId: UploadId, role: z.enum(['image', 'mask', 'lastFrame', 'audio']) }))
    .max(16)
    .default([]),
});
export type GenerationRequest = z.input<typeof GenerationRequest>;

export const GenerationResult = z.object({
  id: z.uuid(),
  kind: ResultKind,
  mime: z.string(),
  sizeBytes: z.int(),
  sha256: Sha256,
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** Of films and sound. */
  durationMs: z.int().nullable().optional(),
  expiresAt: z.iso.datetime(),
});
export type GenerationResult = z.infer<typeof GenerationResult>;

/**
 * Why a queued generation waits and about how many go before it. `turn`: others are ahead; `yourLimit`: as many of yours run as may;
 * `modelLimit`, `providerLimit`: as many run there as may; `providerPaused`: the provider asked us to wait or fails just now;
 * `retry`: it was turned away once and goes again at `until`.
 */
export const Waiting = z.object({
  place: z.int().min(1),
  reason: z.enum(['turn', 'yourLimit', 'modelLimit', 'providerLimit', 'providerPaused', 'retry']),
  until: z.iso.datetime().nullable(),
});
export type Waiting = z.infer<typeof Waiting>;

export const Generation = z.object({
  id: GenerationId,
  modelId: z.string(),
  state: GenerationState,
  prompt: z.string(),
  credits: z.object({ held: Credits, captured: Credits, released: Credits }),
  results: z.array(GenerationResult),
  /** Set when it failed or was canceled: an error code of our table, and the provider's categories for a refusal. */
  failure: z.object({ code: z.string(), categories: z.array(z.string()) }).nullable(),
  sandbox: z.boolean(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  /** While it is queued. Not in lists. */
  waiting: Waiting.nullable().optional(),
  /** What has been written so far, while a text is being written; the whole is its result. Not in lists. */
  text: z.string().nullable().optional(),
  /** True when the provider broke off and what had come was delivered: only that is paid. */
  isPartial: z.boolean().optional(),
  /** The complete settings that it was priced by. */
  settings: Settings.optional(),
});
export type Generation = z.infer<typeof Generation>;

export const Upload = z.object({ id: UploadId, sha256: Sha256, sizeBytes: z.int(), mime: z.string(), expiresAt: z.iso.datetime() });
export type Upload = z.infer<typeof Upload>;

/**
 * tus 1.0 endpoint (not a JSON route): POST/HEAD/PATCH/DELETE `/v1/uploads[/:id]` with an access token. `Upload-Metadata` carries
 * `sha256` (hex of the whole file) and `mime`; the server checks both when the last byte is there and refuses with a problem.
 */
export const TUS_PATH = '/v1/uploads';
/** Bytes of a result (not a JSON route): GET with `Range`, `ETag` is the SHA-256; needs an access token. */
export const resultContentPath = (resultId: string): string => `/v1/results/${resultId}/content`;

export const generationRoutes = {
  'models.list': route({
    method: 'GET',
    path: '/v1/models',
    access: 'public',
    summary: 'The catalogue',
    response: z.object({ models: z.array(Model) }),
  }),
  'uploads.findByHash': route({
    method: 'GET',
    path: '/v1/uploads/by-hash/:sha256',
    access: 'user',
    summary: 'A finished upload of yours with these bytes, so that they need not be sent again; 404 when there is none',
    params: z.strictObject({ sha256: Sha256 }),
    response: Upload,
  }),
  'generations.create': route({
    method: 'POST',
    path: '/v1/generations',
    access: 'session',
    idempotent: true,
    status: 201,
    summary: 'Price, hold and queue one generation; the same key answers with the same generation',
    body: GenerationRequest,
    response: Generation,
  }),
  'generations.get': route({
    method: 'GET',
    path: '/v1/generations/:id',
    access: 'user',
    summary: 'One generation',
    params: z.strictObject({ id: GenerationId }),
    response: Generation,
  }),
  'generations.list': route({
    method: 'GET',
    path: '/v1/generations',
    access: 'user',
    summary: 'Your generations, newest first; `search` is a part of the prompt, `from` and `to` are moments',
    query: z.strictObject({
      before: z.uuid().optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
      search: z.string().min(1).max(200).optional(),
      modelId: z.string().min(1).max(100).optional(),
      from: z.iso.datetime().optional(),
      to: z.iso.datetime().optional(),
    }),
    response: z.object({ generations: z.array(Generation), next: z.uuid().nullable() }),
  }),
  'generations.cancel': route({
    method: 'POST',
    path: '/v1/generations/:id/cancel',
    access: 'session',
    summary: 'Cancel; what was not delivered is given back',
    params: z.strictObject({ id: GenerationId }),
    response: Generation,
  }),
  'usage.report': route({
    method: 'POST',
    path: '/v1/usage',
    access: 'user',
    status: 202,
    summary: 'Counts of local work of a signed-in user: never names, paths or content',
    body: z.strictObject({
      events: z
        .array(
          z.strictObject({
            verb: z.enum(['inspect', 'clean', 'unicalize', 'convert', 'download']),
            kind: MediaKind,
            count: z.int().min(1).max(1_000_000),
            sizeClass: z.enum(['<1MB', '1-10MB', '10-100MB', '>100MB']),
          }),
        )
        .min(1)
        .max(100),
    }),
    response: Done,
  }),
} as const;
