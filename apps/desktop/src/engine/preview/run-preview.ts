import type { PreviewJob, PreviewOutcome } from '@pingplex/shared/contracts/engine';
import { FORMATS } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { tempPath, writeAside } from '../../output/index.ts';
import { probeStreams, type StreamFacts } from '../binaries/av.ts';
import { transcode, type VideoTrack } from '../binaries/transcode.ts';
import type { JobContext } from '../job-context.ts';
import { type Sniffed, sniff } from '../probe/sniff.ts';
import { openForDisplay } from './picture.ts';

type Job = z.infer<typeof PreviewJob>;

/** Large enough to fill a screen, small enough to be ready at once. */
const IMAGE_SIDE = 2560;
/** Shorter side of a film's stand-in. */
const PROXY_HEIGHT = 480;
const PROXY_FPS = 30;
const SOUND = {
  filter: 'aformat=sample_rates=48000:channel_layouts=stereo',
  encoder: 'aac',
  bitRate: 128_000,
  sampleRate: 48_000,
} as const;

async function image(job: Job, sniffed: Sniffed, ctx: JobContext): Promise<PreviewOutcome> {
  const picture = await openForDisplay(job.path, sniffed, IMAGE_SIDE, ctx.signal);
  try {
    const bytes = await picture
      .resize(IMAGE_SIDE, IMAGE_SIDE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 88, effort: 2 })
      .toBuffer();
    const { path } = await writeAside(job.temp, 1, 'webp', bytes);
    return { path, mime: 'image/webp', proxy: true };
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('file.damaged', thrown instanceof Error ? thrown.message : 'the picture does not decode', { cause: thrown });
  }
}

function proxyTrack(stream: StreamFacts): VideoTrack {
  const fps = Math.min(PROXY_FPS, stream.fps ?? PROXY_FPS);
  const turned = stream.rotation === 90 || stream.rotation === 270;
  const turn = { 0: '', 90: 'transpose=clock', 180: 'hflip,vflip', 270: 'transpose=cclock' }[stream.rotation ?? 0];
  const portrait = (stream.height ?? 0) > (stream.width ?? 0);
  // The stored shorter side becomes 480; sizes stay even, small films keep theirs.
  const scale = portrait
    ? `scale=w='trunc(min(${PROXY_HEIGHT},iw)/2)*2':h=-2:flags=bicubic`
    : `scale=w=-2:h='trunc(min(${PROXY_HEIGHT},ih)/2)*2':flags=bicubic`;
  const chain = ["scale=w='trunc(iw*sar/2)*2':h=ih", 'setsar=1', scale, turn, `fps=${fps.toFixed(3)}`, 'format=yuv420p'];
  return {
    filter: chain.filter((part) => part !== '').join(','),
    encoder: 'libx264',
    options: { preset: 'veryfast', crf: 26, profile: turned ? 'high' : 'main' },
    gopSize: Math.max(12, Math.round(fps)),
  };
}

async function film(job: Job, sniffed: Sniffed, ctx: JobContext): Promise<PreviewOutcome> {
  const { video, audio, durationMs } = await probeStreams(job.path, sniffed.format);
  if (!video && !audio) throw new AppError('file.damaged', 'there is no picture and no sound inside');
  const path = tempPath(job.temp, 1, video ? 'mp4' : 'm4a');
  await transcode(
    {
      input: job.path,
      inputFormat: sniffed.format,
      output: path,
      container: video ? 'mp4' : 'ipod',
      containerOptions: { movflags: '+faststart' },
      ...(video ? { video: proxyTrack(video) } : {}),
      ...(audio ? { audio: SOUND } : {}),
      ...(durationMs ? { expectedMs: durationMs } : {}),
    },
    ctx,
  );
  return { path, mime: FORMATS[video ? 'mp4' : 'm4a'].mime, proxy: true };
}

/**
 * Runs a `preview` job: something that the window can show of a file that it can't open itself. WebP for pictures, a 480-line
 * H.264/AAC film for films, AAC for sound. The caller labels it as a stand-in.
 * @throws AppError as `sniff`; file.damaged when nothing decodes
 */
export async function runPreview(job: Job, ctx: JobContext): Promise<PreviewOutcome> {
  const sniffed = await sniff(job.path);
  const outcome = sniffed.kind === 'image' ? await image(job, sniffed, ctx) : await film(job, sniffed, ctx);
  ctx.progress(1);
  return outcome;
}
