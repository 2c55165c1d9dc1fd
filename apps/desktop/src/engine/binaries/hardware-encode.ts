import { AppError } from '@pingplex/shared/errors';
import type { JobContext } from '../job-context.ts';
import { onHardware, type ProbedEncoder } from './hardware.ts';
import { knownEncoders } from './hardware-cache.ts';
import { type TranscodeJob, type TranscodeResult, transcode } from './transcode.ts';
import { videoAdapter } from './video-adapter.ts';

/** A note's value ends at a colon; FFmpeg's words are full of them. */
const asValue = (words: string): string => words.replaceAll(':', ' –').slice(0, 160);
const inSoftware = (reason: string): string => `encodedInSoftware:${asValue(reason)}`;

function whyNone(probed: readonly ProbedEncoder[]): string {
  const reasons = probed.filter(({ codec }) => codec === 'h264').map(({ encoder, reason = '' }) => `${encoder} ${reason}`);
  return reasons.length === 0 ? 'none for this system' : reasons.join('; ');
}

/**
 * As `transcode`, with a hardware encoder in place of libx264 when one works here. Whatever is wrong with it, the file is made all the
 * same, by libx264. Never for variants: they must repeat bit for bit, and drivers promise nothing of the kind.
 * @param cache file of `knownEncoders`; undefined: hardware isn't wanted
 * @returns notes `encodedOnHardware:<encoder>` or `encodedInSoftware:<reason>`; none where no hardware was wanted or could help
 */
export async function transcodeFast(
  job: TranscodeJob,
  cache: string | undefined,
  ctx: JobContext,
): Promise<{ readonly result: TranscodeResult; readonly notes: readonly string[] }> {
  if (cache === undefined || job.video?.encoder !== 'libx264') return { result: await transcode(job, ctx), notes: [] };
  if ((await videoAdapter()).name !== 'node-av') return { result: await transcode(job, ctx), notes: [inSoftware('not with this ffmpeg')] };
  const probed = await knownEncoders(cache, ctx.signal);
  const chosen = probed.find(({ codec, works }) => codec === 'h264' && works);
  const track = chosen && onHardware(job.video, chosen.encoder);
  if (!chosen || !track) return { result: await transcode(job, ctx), notes: [inSoftware(whyNone(probed))] };
  try {
    return { result: await transcode({ ...job, video: track }, ctx), notes: [`encodedOnHardware:${chosen.encoder}`] };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    if (thrown instanceof AppError && thrown.code.startsWith('output.')) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { result: await transcode(job, ctx), notes: [inSoftware(`${chosen.encoder} ${reason}`)] };
  }
}
