import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Generation, GenerationRequest } from '@pingplex/shared/contracts/http';
import { isGenerationOver } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { createDb, type Db } from '../../src/db/client.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { createCatalogue, readChanges } from '../../src/modules/catalogue/service.ts';
import { checkLedger, grant } from '../../src/modules/credits/service.ts';
import {
  checkGenerations,
  createGeneration,
  declareQueues,
  type GenerationDeps,
  type GenerationSettings,
  handleJobs,
  readGeneration,
  startSweeping,
} from '../../src/modules/generations/service.ts';
import { createDashScopeProvider } from '../../src/providers/dashscope/adapter.ts';
import { createGoogleProvider } from '../../src/providers/google/adapter.ts';
import { createKlingProvider } from '../../src/providers/kling/adapter.ts';
import type { KlingCredentials } from '../../src/providers/kling/auth.ts';
import { createOpenAiProvider } from '../../src/providers/openai/adapter.ts';
import { createQueue } from '../../src/queue/pg-boss-queue.ts';
import { startDashScopeSandbox } from '../../src/sandbox/dashscope/server.ts';
import { startGeminiSandbox } from '../../src/sandbox/gemini/server.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { startKlingSandbox } from '../../src/sandbox/kling/server.ts';
import { type RunningSandbox, startOpenAiSandbox } from '../../src/sandbox/openai/server.ts';
import { createLocalStorage } from '../../src/storage/local-folder.ts';
import { createTestDatabase } from './database.ts';

export const SANDBOX_KEY = 'sk-sandbox-test-key-00';
export const GEMINI_KEY = 'AIza-gemini-test-key';
export const DASHSCOPE_KEY = 'sk-dashscope-test-key';
export const KLING_KEYS = { apiKey: 'api-key-kling-test-key', accessKey: 'test-access', secretKey: 'test-secret-of-some-length' };
/** Looks come quickly, so that a test sees many of them. */
export const QUICK_PACE = { firstMs: 50, mostMs: 300 };
/** Short, so that what happens after a lease or a grace time happens now. */
export const QUICK: GenerationSettings = { leaseS: 5, unknownGraceS: 1, deadlineS: 60, taskDeadlineS: 60, slots: 4, resultDays: 90 };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export type World = {
  db: Db;
  databaseUrl: string;
  folder: string;
  sandbox: RunningSandbox;
  gemini: RunningKit;
  kling: RunningKit;
  dashscope: RunningKit;
  deps: GenerationDeps;
  newUser(credits: number): Promise<string>;
  create(
    userId: string,
    prompt: string,
    more?: {
      settings?: Record<string, string | number | boolean>;
      key?: string;
      modelId?: string;
      sources?: NonNullable<GenerationRequest['sources']>;
    },
  ): Promise<Generation>;
  /** Puts a finished upload of this user into the store; answers its id. */
  upload(userId: string, bytes: Buffer, mime: string, durationMs?: number): Promise<string>;
  /** Waits until it is over. */
  ended(userId: string, id: string): Promise<Generation>;
  violations(): Promise<unknown[]>;
  stop(): Promise<void>;
};

/** Kling's stand-in for one world, and our side of it. */
export function klingFor(url: string, credentials: KlingCredentials = KLING_KEYS, timeoutMs = 20_000) {
  return createKlingProvider({ credentials, baseUrl: url, timeoutMs, pace: QUICK_PACE, trustedOrigins: [url] });
}

/** The same for Google's. */
export function googleFor(url: string, apiKey = GEMINI_KEY, timeoutMs = 20_000) {
  return createGoogleProvider({ apiKey, baseUrl: `${url}/v1beta`, timeoutMs, pace: QUICK_PACE, trustedOrigins: [url] });
}

/** The same for Alibaba's. */
export function dashScopeFor(url: string, apiKey = DASHSCOPE_KEY, timeoutMs = 20_000) {
  return createDashScopeProvider({ apiKey, baseUrl: url, timeoutMs, pace: QUICK_PACE, trustedOrigins: [url] });
}

/** A worker with its own database, store and stand-in for the provider, all in this process. */
export async function createWorld(settings: Partial<GenerationSettings> = {}, providerTimeoutMs = 20_000): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-world-'));
  const databaseUrl = await createTestDatabase();
  const db = createDb(databaseUrl, { max: 16 });
  const sandbox = await startOpenAiSandbox({ port: 0, folder: path.join(folder, 'sandbox'), apiKey: SANDBOX_KEY });
  const gemini = await startGeminiSandbox({ port: 0, folder: path.join(folder, 'gemini'), apiKey: GEMINI_KEY });
  const kling = await startKlingSandbox({ port: 0, folder: path.join(folder, 'kling'), keys: KLING_KEYS });
  const dashscope = await startDashScopeSandbox({ port: 0, folder: path.join(folder, 'dashscope'), apiKey: DASHSCOPE_KEY });
  const queue = createQueue({ databaseUrl, works: true, onError: () => undefined });
  const deps: GenerationDeps = {
    db,
    queue,
    storage: createLocalStorage(path.join(folder, 'objects')),
    catalogue: createCatalogue(
      {
        openai: { available: true, sandbox: true },
        google: { available: true, sandbox: true },
        kling: { available: true, sandbox: true },
        dashscope: { available: true, sandbox: true },
      },
      undefined,
      undefined,
      () => readChanges(db),
    ),
    providers: {
      openai: createOpenAiProvider({ apiKey: SANDBOX_KEY, baseUrl: `${sandbox.url}/v1`, timeoutMs: providerTimeoutMs }),
      google: googleFor(gemini.url, GEMINI_KEY, providerTimeoutMs),
      kling: klingFor(kling.url, { apiKey: KLING_KEYS.apiKey }, providerTimeoutMs),
      dashscope: dashScopeFor(dashscope.url, DASHSCOPE_KEY, providerTimeoutMs),
    },
    settings: { ...QUICK, ...settings },
    log: quiet,
  };
  declareQueues(queue);
  handleJobs(deps, async () => 0);
  await queue.start();
  const stopSweeping = await startSweeping(deps);

  const world: World = {
    db,
    databaseUrl,
    folder,
    sandbox,
    gemini,
    kling,
    dashscope,
    deps,
    async newUser(credits) {
      const userId = randomUUID();
      const give = {
        userId,
        kind: 'promo',
        sourceKey: `test:${userId}`,
        amount: credits,
        expires: null,
        actor: 'system',
        reason: 'grant.test',
      } as const;
      if (credits > 0) await inTransaction(db, (tx) => grant(tx, give));
      return userId;
    },
    create(userId, prompt, more = {}) {
      const modelId = more.modelId ?? 'openai/gpt-image-2.6-flare';
      const usual: Record<string, string> = modelId.startsWith('openai/gpt-image') ? { quality: 'low' } : {};
      const body = { modelId, prompt, settings: { ...usual, ...more.settings }, ...(more.sources ? { sources: more.sources } : {}) };
      const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('hex');
      return createGeneration(deps, userId, { key: more.key ?? randomUUID(), bodyHash }, body);
    },
    async upload(userId, bytes, mime, durationMs) {
      const id = randomUUID();
      const { sha256 } = await deps.storage.put(bytes);
      const facts = mime.startsWith('audio/') ? { durationMs: durationMs ?? 0 } : sidesOf(await sharp(bytes).metadata());
      const expiresAt = new Date(Date.now() + 3_600_000);
      await db.upload.create({ data: { id, userId, sha256, mime, sizeBytes: bytes.length, state: 'ready', ...facts, expiresAt } });
      return id;
    },
    ended: (userId, id) =>
      until(
        () => readGeneration(db, userId, id),
        (g) => g !== null && isGenerationOver(g.state),
      ) as Promise<Generation>,
    violations: async () => [...(await checkLedger(db)), ...(await checkGenerations(db))],
    async stop() {
      stopSweeping();
      await queue.stop(1_000);
      await world.sandbox.stop();
      await world.gemini.stop();
      await world.kling.stop();
      await world.dashscope.stop();
      await db.$disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

const sidesOf = ({ width, height }: { width: number; height: number }) => ({ width, height });

/** Asks until the answer is good. The test's own time limit is the end of patience. */
export async function until<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A photograph-like picture of this size. */
export async function picture(width: number, height: number, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><defs><linearGradient id="g" x2="1" y2="1">
    <stop offset="0" stop-color="#27c"/><stop offset="1" stop-color="#e83"/></linearGradient></defs>
    <rect width="100%" height="100%" fill="url(#g)"/><circle cx="${width / 3}" cy="${height / 2}" r="${height / 4}" fill="#fd5"/></svg>`;
  return sharp(Buffer.from(svg)).toFormat(format).toBuffer();
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
