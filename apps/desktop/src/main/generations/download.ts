import { open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type GenerationResult, resultContentPath } from '@pingplex/shared/contracts/http';
import { AppError, ERROR_CODES } from '@pingplex/shared/errors';
import { errnoOf, outputError, removeQuietly, sealFile } from '../../output/index.ts';
import { errorFromFailure } from '../api/errors.ts';
import type { ApiClient } from '../api/index.ts';

const WAITS_MS = [300, 1000, 3000, 8000, 15_000, 30_000];
/** A line that brings nothing for so long is cut and taken up again. */
const SILENCE_MS = 30_000;

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return 0;
    throw thrown;
  }
}

/** Receives what is missing. Errors of the network and of the disk are told apart: only the first are worth another try. */
async function receive(api: ApiClient, result: GenerationResult, path: string, signal: AbortSignal, onProgress: (f: number) => void) {
  const have = await sizeOf(path);
  if (have === result.sizeBytes) return;
  const start = have < result.sizeBytes ? have : 0;
  const answer = await api.openBytes(resultContentPath(result.id), { start, ifRange: `"${result.sha256}"` }, signal);
  let at = answer.status === 206 ? start : 0;
  const handle = await open(path, at === 0 ? 'w' : 'r+').catch((thrown: unknown) => {
    throw outputError(thrown, 'writing a download');
  });
  const silence = setTimeout(() => answer.body.destroy(new AppError('network.timeout', 'the download stood still')), SILENCE_MS);
  try {
    for await (const piece of answer.body) {
      const bytes: Buffer = piece;
      silence.refresh();
      if (at + bytes.length > result.sizeBytes) throw new AppError('network.badAnswer', 'more bytes came than were announced');
      try {
        await handle.write(bytes, 0, bytes.length, at);
      } catch (thrown) {
        throw outputError(thrown, 'writing a download');
      }
      at += bytes.length;
      onProgress(at / result.sizeBytes);
    }
    if (at !== result.sizeBytes) throw new AppError('network.offline', 'the download broke off');
  } catch (thrown) {
    signal.throwIfAborted();
    // A stream that breaks gives plain errors (ECONNRESET, aborted).
    throw thrown instanceof AppError ? thrown : new AppError('network.offline', errorFromFailure(thrown).message);
  } finally {
    clearTimeout(silence);
    answer.body.destroy();
    await handle.close();
  }
}

/**
 * Downloads one result of a generation to `path`, goes on after breaks with ranges, and proves size and SHA-256.
 * @throws AppError `network.*`, `generation.expired`, `output.*`; the signal's reason. Nothing stays at `path` then.
 */
export async function downloadResult(
  api: ApiClient,
  result: GenerationResult,
  path: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<void> {
  let spoiled = 0;
  try {
    for (let failures = 0; ; ) {
      const before = await sizeOf(path);
      try {
        await receive(api, result, path, signal, onProgress);
        const sealed = await sealFile(path);
        if (sealed.sha256 === result.sha256 && sealed.sizeBytes === result.sizeBytes) return;
        spoiled += 1;
        await removeQuietly(path);
        if (spoiled > 1) throw new AppError('generation.resultUnreadable', 'the downloaded file is not the one that the server announced');
      } catch (thrown) {
        signal.throwIfAborted();
        const error = errorFromFailure(thrown);
        const isNetwork = error.code.startsWith('network.') || error.code.startsWith('request.');
        failures = (await sizeOf(path)) > before ? 0 : failures + 1;
        if (!isNetwork || !ERROR_CODES[error.code].retryable || failures >= WAITS_MS.length) throw error;
        await delay(error.retryAfterMs ?? WAITS_MS[failures] ?? 30_000, undefined, { signal });
      }
    }
  } catch (thrown) {
    await removeQuietly(path);
    throw thrown;
  }
}
