import { randomUUID } from 'node:crypto';
import type { EngineJob, OutcomeOf, TempPlace } from '@pingplex/shared/contracts/engine';
import {
  type Generation,
  GenerationRequest,
  type GenerationResult,
  Model,
  type ResultKind,
  type Waiting,
} from '@pingplex/shared/contracts/http';
import { type BatchId, FORMATS, formatByMime, GenerationId, type ItemId, type ResultFormat, resultFacts } from '@pingplex/shared/domain';
import { AppError, ERROR_CODES, toAppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import { removeQuietly, tempPath } from '../../output/index.ts';
import type { ApiClient, EventStream } from '../api/index.ts';
import type { CallRow, Journal } from '../db/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import { downloadResult } from './download.ts';
import { failureOf, followGeneration } from './follow.ts';
import { completeSettings } from './settings.ts';
import { type CloudSource, uploadSources } from './sources.ts';

type CloudFile = {
  readonly tempPath: string;
  readonly ext: string;
  readonly format: ResultFormat;
  readonly kind: ResultKind;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly width?: number;
  readonly height?: number;
  /** This file's share of what was captured. */
  readonly credits: number;
};
export type CloudRequest = {
  readonly batchId: BatchId;
  readonly itemId: ItemId;
  readonly step: number;
  /** Number of the file within the step, from 0. */
  readonly input: number;
  readonly modelId: string;
  readonly prompt: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly sources: readonly CloudSource[];
  /** Stands for all that is sent along: with other bytes it is another request. */
  readonly inputSha256: string;
  readonly place: TempPlace;
};
export type CloudContext = {
  readonly signal: AbortSignal;
  readonly onStage: (stage: 'uploading' | 'waiting' | 'downloading', fraction: number) => void;
  /** Told what a model has written so far. */
  readonly onText?: (text: string) => void;
  /** Told why it waits and where in line. */
  readonly onWaiting?: (waiting: Waiting | null) => void;
};
export type CloudOutcome = {
  readonly files: readonly CloudFile[];
  readonly generationId: string;
  readonly sandbox: boolean;
  /** Until when the server keeps the bytes, ISO. */
  readonly expiresAt: string | null;
};

type GenerationService = {
  /** The catalogue as last heard, also from earlier runs; empty when it was never heard. */
  models(): readonly Model[];
  refreshModels(): Promise<readonly Model[]>;
  /** One paid request, taken up where an earlier try stopped; never paid twice for the same item, step and input. */
  run(request: CloudRequest, context: CloudContext): Promise<CloudOutcome>;
  /** Tells the server that nobody waits for this item's generations any more. */
  abandon(itemId: ItemId): Promise<void>;
};

type GenerationOptions = {
  readonly api: ApiClient;
  readonly events: EventStream;
  readonly journal: Journal;
  readonly engine: { run<J extends EngineJob>(job: J, options?: { signal?: AbortSignal }): Promise<OutcomeOf<J['verb']>> };
  /** Id of the signed-in account. @throws AppError `auth.required`, `keychain.locked` */
  readonly accountId: () => string;
  readonly logger: Logger;
  readonly now?: () => number;
};

const MODELS_FACT = 'models';
/** The server could not have made anything, and never will under this request. */
const isFinal = (error: AppError): boolean =>
  !ERROR_CODES[error.code].retryable &&
  !error.code.startsWith('auth.') &&
  !error.code.startsWith('internal.') &&
  !error.code.startsWith('keychain.');

/** Cloud steps: upload, hold, follow, download, verify. Every paid request is in the journal before the server hears of it. */
export function createGenerationService(options: GenerationOptions): GenerationService {
  const { api, events, journal, engine, logger } = options;
  const now = options.now ?? Date.now;
  const creating = new Map<string, Promise<Generation>>();
  let known = readStoredModels();

  function readStoredModels(): readonly Model[] {
    const stored = journal.knowledge.fact(MODELS_FACT);
    if (stored === undefined) return [];
    const parsed = z.array(Model).safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : [];
  }

  async function refreshModels(): Promise<readonly Model[]> {
    const { models } = await api.call('models.list', {});
    known = models;
    journal.knowledge.setFact(MODELS_FACT, JSON.stringify(models));
    return models;
  }

  async function modelOf(id: string): Promise<Model> {
    const find = (models: readonly Model[]): Model | undefined => models.find((model) => model.id === id);
    const model = find(known) ?? find(await refreshModels());
    if (model === undefined) throw new AppError('generation.modelUnknown', `no model ${id}`, { params: { modelId: id } });
    return model;
  }

  /** Uploads what the model needs and writes key and body down; from here on the same key means the same request. */
  async function openCall(request: CloudRequest, accountId: string, context: CloudContext): Promise<CallRow> {
    const model = await modelOf(request.modelId);
    if (model.limits.maxSources > 0 && request.sources.length > 0) context.onStage('uploading', 0);
    const sources = await uploadSources({ api, journal, accountId, now, engine }, model, request.sources, {
      place: request.place,
      signal: context.signal,
      onProgress: (fraction) => context.onStage('uploading', fraction),
    });
    const body = { modelId: request.modelId, prompt: request.prompt, settings: completeSettings(model, request.settings), sources };
    const call: CallRow = {
      key: randomUUID(),
      batchId: request.batchId,
      itemId: request.itemId,
      step: request.step,
      input: request.input,
      inputSha256: request.inputSha256,
      accountId,
      request: JSON.stringify(body),
      state: 'open',
      generationId: null,
      credits: 0,
    };
    journal.calls.insert(call, now());
    return call;
  }

  function close(call: CallRow): void {
    journal.calls.update(call.key, { state: 'closed', generationId: call.generationId, credits: call.credits }, now());
  }

  /** Not ended by a cancel: once it is on its way, its answer has to be known. */
  function create(call: CallRow): Promise<Generation> {
    const known = creating.get(call.key);
    if (known !== undefined) return known;
    const body = GenerationRequest.parse(JSON.parse(call.request));
    const made = api.call('generations.create', { body }, { idempotencyKey: call.key, retries: 4, timeoutMs: 30_000 }).then(
      (generation) => {
        journal.calls.update(call.key, { state: 'made', generationId: generation.id, credits: 0 }, now());
        return generation;
      },
      (thrown: unknown) => {
        const error = toAppError(thrown);
        if (isFinal(error)) close(call);
        throw error;
      },
    );
    creating.set(call.key, made);
    made.then(
      () => creating.delete(call.key),
      () => creating.delete(call.key),
    );
    return made;
  }

  async function generationOf(call: CallRow, context: CloudContext): Promise<Generation> {
    if (call.generationId !== null) {
      try {
        return await api.call('generations.get', { params: { id: GenerationId.parse(call.generationId) } }, { signal: context.signal });
      } catch (thrown) {
        if (thrown instanceof AppError && thrown.code === 'request.notFound') close(call);
        throw thrown;
      }
    }
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(context.signal.reason);
    context.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([create(call), aborted.promise]);
    } finally {
      context.signal.removeEventListener('abort', onAbort);
    }
  }

  async function fetchResult(
    request: CloudRequest,
    result: GenerationResult,
    n: number,
    credits: number,
    context: CloudContext,
    total: number,
  ) {
    const format = formatByMime(result.mime) ?? (result.kind === 'text' ? 'txt' : 'png');
    const { extension } = resultFacts(format);
    const path = tempPath(request.place, n, extension);
    await downloadResult(api, result, path, context.signal, (fraction) => context.onStage('downloading', (n - 1 + fraction) / total));
    if (result.kind === 'text') {
      // Nothing to decode; that it is what the server announced was proved by its hash.
      const { sizeBytes, sha256 } = result;
      return { tempPath: path, ext: extension, format, kind: 'text', sizeBytes, sha256, credits } satisfies CloudFile;
    }
    const verified = await engine.run({ verb: 'verify', path }, { signal: context.signal });
    if (!verified.decodes || verified.kind !== result.kind) {
      await removeQuietly(path);
      throw new AppError('generation.resultUnreadable', 'what the provider made cannot be opened');
    }
    const { width, height } = verified.summary;
    return {
      tempPath: path,
      ext: FORMATS[verified.format].extensions[0],
      format: verified.format,
      kind: verified.kind,
      sizeBytes: verified.sizeBytes,
      sha256: verified.sha256,
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
      credits,
    } satisfies CloudFile;
  }

  async function attempt(request: CloudRequest, context: CloudContext, isSecondTry = false): Promise<CloudOutcome> {
    const accountId = options.accountId();
    let call = journal.calls.current(request.itemId, request.step, request.input);
    if (call !== undefined && (call.accountId !== accountId || call.inputSha256 !== request.inputSha256)) {
      close(call);
      call = undefined;
    }
    const wasKnown = call !== undefined;
    call ??= await openCall(request, accountId, context);
    context.onStage('waiting', 0);
    let generation: Generation;
    try {
      generation = await generationOf(call, context);
    } catch (thrown) {
      // The upload that an older try named may have expired; the server made nothing of that request, so a new one is due.
      const isStale = wasKnown && thrown instanceof AppError && thrown.code === 'generation.sourceMissing';
      if (isStale && !isSecondTry) return await attempt(request, context, true);
      throw thrown;
    }
    const isText = known.find(({ id }) => id === request.modelId)?.resultKind === 'text';
    const { onText, onWaiting } = context;
    generation = await followGeneration(
      { api, events, ...(isText && onText ? { onText } : {}), ...(onWaiting ? { onWaiting } : {}) },
      generation,
      context.signal,
    );
    if (generation.state !== 'succeeded' || generation.results.length === 0) {
      journal.calls.update(call.key, { state: 'closed', generationId: generation.id, credits: generation.credits.captured }, now());
      throw failureOf(generation);
    }
    const paid = generation.credits.captured;
    journal.calls.update(call.key, { state: 'paid', generationId: generation.id, credits: paid }, now());
    const files: CloudFile[] = [];
    const total = generation.results.length;
    context.onStage('downloading', 0);
    for (const [index, result] of generation.results.entries()) {
      const share = Math.floor(paid / total) + (index < paid % total ? 1 : 0);
      files.push(await fetchResult(request, result, index + 1, share, context, total));
    }
    return { files, generationId: generation.id, sandbox: generation.sandbox, expiresAt: generation.results[0]?.expiresAt ?? null };
  }

  return {
    models: () => known,
    refreshModels,
    run: (request, context) => attempt(request, context),
    abandon: async (itemId) => {
      for (const call of journal.calls.ofItem(itemId)) {
        if (call.state !== 'open' && call.state !== 'made') continue;
        try {
          const generationId = call.generationId ?? (await creating.get(call.key))?.id;
          if (generationId === undefined) continue;
          const generation = await api.call('generations.cancel', { params: { id: GenerationId.parse(generationId) } });
          const state =
            generation.state === 'succeeded'
              ? 'paid'
              : generation.state === 'canceled' || generation.state === 'failed'
                ? 'closed'
                : 'made';
          journal.calls.update(call.key, { state, generationId, credits: generation.credits.captured }, now());
        } catch (thrown) {
          logger.info({ code: toAppError(thrown).code }, 'a generation could not be canceled');
        }
      }
    },
  };
}
