import { createHash } from 'node:crypto';
import type { VerifyJob, VerifyOutcome } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { JobContext } from '../job-context.ts';
import { type ByteSource, withByteSource } from '../probe/byte-source.ts';
import { decodesWhole } from '../probe/decodes.ts';
import { assertUnchanged } from '../probe/open-file.ts';
import { inspectSource } from './run-inspect.ts';

const CHUNK_BYTES = 1024 * 1024;
const HASH_SHARE = 0.5;

async function hash(source: ByteSource, ctx: JobContext): Promise<string> {
  const digest = createHash('sha256');
  for (let offset = 0; offset < source.sizeBytes; offset += CHUNK_BYTES) {
    ctx.signal.throwIfAborted();
    const bytes = await source.read(offset, CHUNK_BYTES);
    if (bytes.length === 0) throw new AppError('file.changed', 'the file became shorter while it was being read');
    digest.update(bytes);
    ctx.progress((HASH_SHARE * Math.min(offset + CHUNK_BYTES, source.sizeBytes)) / source.sizeBytes);
  }
  return digest.digest('hex');
}

/**
 * Runs a `verify` job: hashes the bytes, decodes every picture, frame and sample, and says what the file is.
 * @throws AppError as `sniffSource`; file.changed when the file was written to meanwhile
 */
export function runVerify(job: z.infer<typeof VerifyJob>, ctx: JobContext): Promise<VerifyOutcome> {
  return withByteSource(job.path, async (source) => {
    const { kind, format, sizeBytes, summary } = await inspectSource(source, 'quick');
    const sha256 = await hash(source, ctx);
    const decodes = await decodesWhole(job.path, format, ctx.signal, (share) => ctx.progress(HASH_SHARE + (1 - HASH_SHARE) * share));
    await assertUnchanged(source.facts);
    ctx.progress(1);
    return { kind, format, sizeBytes, sha256, decodes, summary };
  });
}
