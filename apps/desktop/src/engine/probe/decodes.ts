import { readFile } from 'node:fs/promises';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { probeStreams } from '../binaries/av.ts';
import { decodeFrames } from '../binaries/frames.ts';
import { decodeHeic } from '../binaries/heic.ts';
import { openImage } from '../binaries/images.ts';

async function imageDecodes(path: string, format: MediaFormat, signal: AbortSignal): Promise<void> {
  switch (format) {
    case 'heic':
      await decodeHeic(await readFile(path));
      return;
    case 'jxl':
      await streamsDecode(path, format, signal, () => undefined);
      return;
    case 'raw':
      // RAW pixels are nobody's to decode here; its embedded picture is what people see.
      await (await import('../preview/raw-preview.ts')).rawPreview(path);
      return;
    default:
      // The whole stream is read; only the result is small.
      await (await openImage(path, { pages: 1, failOn: 'warning' })).resize(64, 64, { fit: 'inside' }).raw().toBuffer();
  }
}

async function streamsDecode(path: string, format: MediaFormat, signal: AbortSignal, progress: (share: number) => void): Promise<void> {
  const probe = await probeStreams(path, format);
  const streams = probe.streams.filter((stream) => !stream.isCover && (stream.type === 'video' || stream.type === 'audio'));
  if (streams.length === 0) throw new AppError('file.damaged', 'there is no picture and no sound inside');
  for (const [n, stream] of streams.entries()) {
    let frames = 0;
    const chain = stream.type === 'video' ? 'null' : 'anull';
    for await (const frame of decodeFrames({ path, format, streamIndex: stream.index, chain, signal, strict: true, threads: 2 })) {
      using owned = frame;
      frames += 1;
      const ms = (Number(owned.pts) * 1000 * owned.timeBase.num) / owned.timeBase.den;
      if (probe.durationMs && Number.isFinite(ms)) progress((n + Math.min(1, Math.max(0, ms / probe.durationMs))) / streams.length);
    }
    if (frames === 0) throw new AppError('file.damaged', `stream ${stream.index} has nothing that decodes`);
    progress((n + 1) / streams.length);
  }
}

/**
 * Decodes everything that a file holds and says whether all of it came out.
 * @param signal aborts between frames
 * @throws the signal's reason; AppError engine.unavailable. Damage is the answer `false`, not an error.
 */
export async function decodesWhole(
  path: string,
  format: MediaFormat,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<boolean> {
  try {
    if (FORMATS[format].kind === 'image') await imageDecodes(path, format, signal);
    else await streamsDecode(path, format, signal, progress);
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof AppError && thrown.code === 'engine.unavailable') throw thrown;
    return false;
  }
}
