import { stat } from 'node:fs/promises';
import type { ConvertFigures, EngineJob, Summary } from '@pingplex/shared/contracts/engine';
import { type ConvertPlan, DEFAULT_QUALITY, FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import type { JobContext } from '../job-context.ts';
import { soundBitRate } from './encoders.ts';
import { impossible, type MediaFacts, summaryOf } from './facts.ts';
import type { SizePlan } from './fit-size.ts';
import type { Part } from './limits.ts';
import { noteWith } from './note-with.ts';
import { copyStreams } from './stream-copy.ts';
import type { Cue } from './subtitle-text.ts';

/** Codecs, by FFmpeg's names, that a format holds so that usual players play it. */
const HELD: Partial<Readonly<Record<MediaFormat, readonly string[]>>> = {
  mp4: ['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'aac', 'mp3', 'ac3', 'eac3', 'opus', 'flac', 'alac'],
  mov: ['h264', 'hevc', 'prores', 'mpeg4', 'mjpeg', 'aac', 'alac', 'mp3', 'ac3', 'pcm_s16le', 'pcm_s24le', 'pcm_s16be', 'pcm_s24be'],
  mkv: [
    ...['h264', 'hevc', 'av1', 'vp8', 'vp9', 'mpeg4', 'prores', 'mjpeg', 'mpeg2video'],
    ...['aac', 'mp3', 'ac3', 'eac3', 'dts', 'opus', 'vorbis', 'flac', 'alac', 'pcm_s16le', 'pcm_s24le'],
  ],
  webm: ['vp8', 'vp9', 'av1', 'opus', 'vorbis'],
  avi: ['mpeg4', 'mjpeg', 'mp3', 'ac3', 'pcm_s16le'],
  mp3: ['mp3'],
  m4a: ['aac', 'alac'],
  aac: ['aac'],
  flac: ['flac'],
  wav: ['pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le', 'pcm_u8'],
  ogg: ['opus', 'vorbis', 'flac'],
};

/** Codecs that lose nothing by being what they are; encoding them anew in their own format changes nothing either. */
const LOSSLESS_SOUND: readonly string[] = ['flac', 'alac', 'pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le'];

export type CopyReason = 'asked' | 'soundFits';

const holds = (to: MediaFormat, codec: string | undefined): boolean => codec === undefined || (HELD[to]?.includes(codec) ?? false);

/** What of a plan asks for new pictures or new sound. */
function changes(plan: ConvertPlan, size: SizePlan, facts: MediaFacts, isVideo: boolean): boolean {
  const { video } = facts;
  const resized = isVideo && (plan.width !== undefined || plan.height !== undefined) && video !== undefined && !isSameSize(size, facts);
  return resized || plan.loudness !== undefined || plan.subtitles === 'burn' || plan.preset !== undefined;
}

function isSameSize({ out }: SizePlan, { video }: MediaFacts): boolean {
  const turned = video?.rotation === 90 || video?.rotation === 270;
  const [width, height] = turned ? [video?.height, video?.width] : [video?.width, video?.height];
  return out.width === width && out.height === height;
}

/** Encoding again could make the sound neither better nor smaller. */
function isNoWorse(plan: ConvertPlan, facts: MediaFacts): boolean {
  const { audio } = facts;
  if (audio === undefined) return false;
  if (plan.quality === undefined || LOSSLESS_SOUND.includes(audio.codec)) return true;
  return audio.bitRate !== undefined && audio.bitRate <= soundBitRate(plan.quality ?? DEFAULT_QUALITY) * 1.1;
}

/**
 * Whether the streams are copied as they are, and why: because it was asked for, or because the sound of a film fits its new file.
 * @throws AppError `engine.stepNotPossible`: `losslessConflict` when a lossless cut was asked for together with something that needs new
 *   pictures or sound, `losslessNotHeld` when the format can't hold the codec
 */
export function copyWhy(plan: ConvertPlan, facts: MediaFacts, from: MediaFormat, to: MediaFormat, size: SizePlan): CopyReason | undefined {
  const isVideo = FORMATS[to].kind === 'video';
  if (plan.cut === 'lossless') {
    if (changes(plan, size, facts, isVideo)) throw impossible(from, to, 'losslessConflict');
    const codecs = [isVideo ? facts.video?.codec : undefined, facts.audio?.codec];
    const strange = codecs.find((codec) => !holds(to, codec));
    if (strange !== undefined) throw impossible(from, to, 'losslessNotHeld', { codec: strange });
    // A part of a FLAC that is encoded anew loses nothing either, and its header tells its own length instead of the whole one's.
    const isCut = plan.trimStartMs !== undefined || plan.trimEndMs !== undefined;
    return to === 'flac' && isCut ? undefined : 'asked';
  }
  const wholeSound = !isVideo && FORMATS[from].kind === 'video' && plan.trimStartMs === undefined && plan.trimEndMs === undefined;
  if (!wholeSound || changes(plan, size, facts, isVideo) || plan.maxBytes !== undefined) return undefined;
  return holds(to, facts.audio?.codec) && isNoWorse(plan, facts) ? 'soundFits' : undefined;
}

type CopyTask = {
  readonly job: Extract<EngineJob, { verb: 'convert' }>;
  readonly from: MediaFormat;
  readonly to: MediaFormat;
  readonly output: string;
  readonly facts: MediaFacts;
  readonly part: Part;
  readonly plan: ConvertPlan;
  readonly why: CopyReason;
  readonly cues: readonly Cue[];
  readonly ctx: JobContext;
};

const WORTH_SAYING_MS = 20;

/** Copies streams and says what became of the cut: it can only begin at a key frame. */
export async function copyConverted(
  task: CopyTask,
): Promise<{ readonly summary: Summary; readonly notes: readonly string[]; readonly figures: ConvertFigures }> {
  const { job, from, to, output, facts, part, plan, why, cues, ctx } = task;
  const isVideo = FORMATS[to].kind === 'video';
  const { startMs } = await copyStreams(
    {
      input: job.path,
      inputFormat: from,
      output,
      to,
      videoIndex: isVideo ? facts.video?.index : undefined,
      audioIndex: facts.audio?.index,
      part,
      cues,
      temp: job.temp,
    },
    ctx,
  );
  const summary = await summaryOf(output, to);
  const { maxBytes } = plan;
  if (maxBytes !== undefined && (await stat(output)).size > maxBytes)
    throw impossible(from, to, 'tooLargeForLimit', { limitBytes: maxBytes });
  const isCut = part.startMs > 0;
  const moved = isCut && part.startMs - startMs > WORTH_SAYING_MS;
  const sounds = facts.streams.filter((one) => one.type === 'audio').length;
  const notes = why === 'soundFits' ? ['soundCopied'] : ['streamsCopied'];
  if (moved) notes.push(noteWith('cutAtKeyFrame', startMs / 1000));
  if (sounds > 1) notes.push('firstSoundTrackOnly');
  if (isVideo && facts.streams.some((one) => one.type === 'subtitle')) notes.push('subtitlesLeftOut');
  return {
    summary,
    notes,
    figures: isCut ? { cutStartMs: Math.round(startMs), askedStartMs: part.startMs } : {},
  };
}
