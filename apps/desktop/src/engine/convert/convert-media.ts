import type { EngineJob, Summary } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { describeInput, loadAv, openInput, type StreamProbe } from '../binaries/av.ts';
import { type TranscodeResult, transcode } from '../binaries/transcode.ts';
import type { JobContext } from '../job-context.ts';
import { audioTrack, RECIPES, videoTrack } from './encoders.ts';
import { fitSize, type Size, type SizePlan } from './fit-size.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
export type MediaResult = { readonly summary: Summary; readonly notes: readonly string[] };

/** PQ and HLG in ISO/IEC 23091-2. */
const HDR_TRANSFERS: readonly number[] = [16, 18];
const MAX_FPS = 120;

type Facts = StreamProbe & {
  /** Pixel width over height, 1 for square pixels. */
  readonly pixelAspect: number;
  /** Frames per second as FFmpeg writes a fraction, and as a number. */
  readonly rate: string;
  readonly fps: number;
  readonly isHdr: boolean;
  readonly deepSound: boolean;
};

async function readFacts(path: string, format: MediaFormat): Promise<Facts> {
  const av = await loadAv();
  await using input = await openInput(path, format);
  const probe = describeInput(av, input);
  const video = probe.video === undefined ? undefined : input.getStream(probe.video.index);
  const audio = probe.audio === undefined ? undefined : input.getStream(probe.audio.index);
  const sar = video?.sampleAspectRatio;
  const average = video?.avgFrameRate;
  const known = average !== undefined && average.num > 0 && average.den > 0;
  const fps = known ? average.num / average.den : 25;
  return {
    ...probe,
    pixelAspect: sar && sar.num > 0 && sar.den > 0 ? sar.num / sar.den : 1,
    fps: Math.min(MAX_FPS, fps),
    rate: known && fps <= MAX_FPS ? `${average.num}/${average.den}` : String(Math.min(MAX_FPS, fps)),
    isHdr: video !== undefined && HDR_TRANSFERS.includes(video.codecpar.colorTrc),
    deepSound: audio !== undefined && Math.max(audio.codecpar.bitsPerRawSample, audio.codecpar.bitsPerCodedSample) > 16,
  };
}

/** Filters that bring a picture as stored into the position in which it is displayed. */
const TURNS: Readonly<Record<number, readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

function displayed(facts: Facts): { readonly size: Size; readonly turn: readonly string[] } {
  const rotation = facts.video?.rotation ?? 0;
  const width = Math.max(2, Math.round((facts.video?.width ?? 2) * facts.pixelAspect));
  const height = facts.video?.height ?? 2;
  const isUpright = rotation === 0 || rotation === 180;
  return { size: isUpright ? { width, height } : { width: height, height: width }, turn: TURNS[rotation] ?? [] };
}

/** The whole picture chain: upright, wanted size, square pixels, steady rate, the pixel format that players expect. */
function videoFilter(facts: Facts, plan: SizePlan, turn: readonly string[]): string {
  const { scale, out, act } = plan;
  return [
    ...turn,
    `scale=${scale.width}:${scale.height}:flags=bicubic`,
    ...(act === 'crop' ? [`crop=${out.width}:${out.height}`] : []),
    ...(act === 'pad' ? [`pad=${out.width}:${out.height}:(ow-iw)/2:(oh-ih)/2`] : []),
    'setsar=1',
    `fps=${facts.rate}`,
    'format=yuv420p',
  ].join(',');
}

function impossible(from: MediaFormat, to: MediaFormat, reason: string): AppError {
  return new AppError('engine.stepNotPossible', `cannot convert ${from} to ${to}: ${reason}`, {
    params: { verb: 'convert', from, to, reason },
  });
}

function checkTrim(job: ConvertJob, durationMs: number | undefined, from: MediaFormat, to: MediaFormat): void {
  const { trimStartMs = 0 } = job.settings;
  if (durationMs !== undefined && trimStartMs >= durationMs) throw impossible(from, to, 'trimBeyondEnd');
}

function notesOf(facts: Facts, isVideo: boolean, result: TranscodeResult): string[] {
  const lostTracks = facts.streams.some((one) => one.type === 'subtitle');
  const sounds = facts.streams.filter((one) => one.type === 'audio').length;
  return [
    ...(isVideo && facts.isHdr ? ['hdrReducedTo8Bit'] : []),
    ...(isVideo && lostTracks ? ['subtitlesLeftOut'] : []),
    ...(sounds > 1 ? ['firstSoundTrackOnly'] : []),
    ...(result.audioLost ? ['soundNotDecodable'] : []),
  ];
}

async function summaryOf(path: string, format: MediaFormat): Promise<Summary> {
  const { video, audio, durationMs, bitRate } = await readFacts(path, format);
  return {
    ...(video?.width && video.height ? { width: video.width, height: video.height, videoCodec: video.codec } : {}),
    ...(video?.fps ? { fps: video.fps } : {}),
    ...(audio ? { audioCodec: audio.codec } : {}),
    ...(audio?.sampleRate ? { sampleRate: audio.sampleRate } : {}),
    ...(audio?.channels ? { channels: audio.channels } : {}),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(bitRate === undefined ? {} : { bitRate }),
  };
}

/**
 * Converts a film or a sound, or takes the sound out of a film, into `output`.
 * @throws AppError `engine.stepNotPossible` with both formats, `file.damaged`, `output.*`; the signal's reason on abort
 */
export async function convertMedia(
  job: ConvertJob,
  from: MediaFormat,
  to: MediaFormat,
  output: string,
  ctx: JobContext,
): Promise<MediaResult> {
  const recipe = RECIPES[to];
  if (recipe === undefined) throw impossible(from, to, 'notWritable');
  const facts = await readFacts(job.path, from);
  const { settings } = job;
  const isVideo = FORMATS[to].kind === 'video';
  if (isVideo && !facts.video) throw impossible(from, to, 'noPicture');
  if (!isVideo && !facts.audio) throw impossible(from, to, 'noSound');
  checkTrim(job, facts.durationMs, from, to);
  const { size, turn } = displayed(facts);
  const filter = videoFilter(facts, fitSize(size, settings), turn);
  const result = await transcode(
    {
      input: job.path,
      inputFormat: from,
      output,
      container: recipe.container,
      ...(recipe.containerOptions ? { containerOptions: recipe.containerOptions } : {}),
      ...(isVideo && recipe.video ? { video: await videoTrack(recipe.video, filter, settings.quality, facts.fps, recipe.container) } : {}),
      ...(facts.audio ? { audio: audioTrack(recipe.audio, settings.quality, facts.deepSound) } : {}),
      ...(settings.trimStartMs === undefined ? {} : { startMs: settings.trimStartMs }),
      ...(settings.trimEndMs === undefined ? {} : { endMs: settings.trimEndMs }),
      ...(facts.durationMs === undefined ? {} : { expectedMs: facts.durationMs }),
    },
    ctx,
  );
  return { summary: await summaryOf(output, to), notes: notesOf(facts, isVideo, result) };
}
