import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { ProbedEncoder } from './hardware.ts';
import { machineKey, probeHardware } from './hardware-probe.ts';

const Kept = z.object({
  key: z.string(),
  encoders: z.array(
    z.object({
      encoder: z.string(),
      codec: z.enum(['h264', 'hevc']),
      family: z.enum(['nvenc', 'qsv', 'amf', 'vaapi', 'videotoolbox']),
      works: z.boolean(),
      reason: z.string().optional(),
    }),
  ),
});

/**
 * Hardware encoders of this machine, tried once: the answer is kept in a file and asked for anew when the engine, the system or a driver
 * has changed.
 * @param cache absolute path of the file; it may be missing or spoilt
 * @throws the signal's reason on abort
 */
export async function knownEncoders(cache: string, signal: AbortSignal): Promise<readonly ProbedEncoder[]> {
  const key = await machineKey();
  const kept = await readKept(cache);
  if (kept?.key === key) return kept.encoders.map(({ reason, ...one }) => ({ ...one, ...(reason === undefined ? {} : { reason }) }));
  const encoders = await probeHardware(signal);
  await keep(cache, { key, encoders });
  return encoders;
}

async function readKept(cache: string): Promise<z.infer<typeof Kept> | undefined> {
  try {
    return Kept.safeParse(JSON.parse(await readFile(cache, 'utf8'))).data;
  } catch {
    // Missing or spoilt: the same as never asked.
    return undefined;
  }
}

/** A cache that can't be written costs time only. */
async function keep(cache: string, kept: z.infer<typeof Kept>): Promise<void> {
  const aside = `${cache}.${process.pid}`;
  try {
    await mkdir(dirname(cache), { recursive: true });
    await writeFile(aside, JSON.stringify(kept, null, 2));
    await rename(aside, cache);
  } catch {
    return;
  }
}
