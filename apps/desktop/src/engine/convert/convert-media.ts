import { stat } from 'node:fs/promises';
import type { ConvertFigures, EngineJob, Summary } from '@pingplex/shared/contracts/engine';
import { type ConvertPlan, convertPlan, DEFAULT_QUALITY, FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { transcodeFast } from '../binaries/hardware-encode.ts';
import type { AudioTrack, TranscodeJob, TranscodeResult } from '../binaries/transcode.ts';
import type { JobContext } from '../job-context.ts';
import { audioTrack, isLossless, RECIPES, type Recipe, soundBitRate, videoTrack } from './encoders.ts';
import { impossible, type MediaFacts, readFacts, summaryOf } from './facts.ts';
import { fitSize, type SizePlan } from './fit-size.ts';
import { cutOf, type Part, soundCeiling, videoCeiling } from './limits.ts';
import { copyConverted, copyWhy } from './lossless.ts';
import { LOUDNESS_TOLERANCE, type Loudness, type LoudnessPlan, loudnessPlan, loudnessReport, measureLoudness } from './loudness.ts';
import { displayed, pictureChain, rateFor } from './picture-chain.ts';
import { addSubtitleTrack, type Burning, burning, subtitlesFor } from './subtitles.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
export type MediaResult = { readonly summary: Summary; readonly notes: readonly string[]; readonly figures?: ConvertFigures };

/** One conversion with everything that was found out before it starts. */
type Task = {
  readonly job: ConvertJob;
  readonly plan: ConvertPlan;
  readonly from: MediaFormat;
  readonly to: MediaFormat;
  readonly recipe: Recipe;
  readonly facts: MediaFacts;
  readonly output: string;
  readonly part: Part;
  readonly lengthMs: number | undefined;
  readonly isVideo: boolean;
  readonly hasSound: boolean;
  readonly size: SizePlan;
  readonly ctx: JobContext;
};

function notesOf({ facts, isVideo, size, plan, hasSound }: Task, result: TranscodeResult): string[] {
  const lostTracks = facts.streams.some((one) => one.type === 'subtitle');
  const sounds = facts.streams.filter((one) => one.type === 'audio').length;
  return [
    ...(isVideo && facts.isHdr ? ['hdrReducedTo8Bit'] : []),
    ...(isVideo && lostTracks ? ['subtitlesLeftOut'] : []),
    ...(sounds > 1 && hasSound ? ['firstSoundTrackOnly'] : []),
    ...(result.audioLost ? ['soundNotDecodable'] : []),
    ...(isVideo && size.enlarged ? ['enlarged'] : []),
    ...(isVideo && rateFor(facts, plan.maxFps).fps < facts.fps - 0.01 ? ['fewerFrames'] : []),
    ...(isVideo && facts.audio && !plan.sound ? ['soundLeftOut'] : []),
  ];
}

function soundOf(task: Task, loud: LoudnessPlan | undefined): { readonly track: AudioTrack; readonly bits: number } | undefined {
  const { plan, recipe, facts, hasSound, lengthMs, isVideo } = task;
  if (!hasSound) return undefined;
  const wished = plan.audioBitRate ?? soundBitRate(plan.quality ?? DEFAULT_QUALITY);
  const bits = isLossless(recipe.audio) ? 0 : soundCeiling(plan, wished, lengthMs, !isVideo);
  const track = audioTrack({
    codec: recipe.audio,
    bitRate: bits,
    deep: facts.deepSound,
    filters: loud?.filters ?? [],
    // The limiter leaves 48 kHz behind; without it the source's own rate comes back.
    sampleRate: plan.sampleRate ?? (loud?.peaksHeld ? Math.min(48_000, facts.audio?.sampleRate ?? 48_000) : undefined),
    stereo: plan.preset !== undefined,
  });
  return { track, bits };
}

type Try = { readonly tighter: number; readonly loud: LoudnessPlan | undefined; readonly burn: Burning | undefined };

async function transcodeJob(task: Task, { tighter, loud, burn }: Try): Promise<TranscodeJob> {
  const { job, plan, from, to, recipe, facts, output, part, isVideo, size, lengthMs } = task;
  const sound = soundOf(task, loud);
  const { rate, fps } = rateFor(facts, plan.maxFps);
  const { turn } = displayed(facts);
  const filter = pictureChain({ plan: size, turn, background: plan.background, rate, drawn: burn?.filter });
  const ceiling = isVideo ? videoCeiling(plan, lengthMs, sound?.bits ?? 0, tighter, from, to) : undefined;
  const quality = plan.quality ?? DEFAULT_QUALITY;
  return {
    input: job.path,
    inputFormat: from,
    output,
    container: recipe.container,
    ...(recipe.containerOptions ? { containerOptions: recipe.containerOptions } : {}),
    ...(isVideo && recipe.video
      ? { video: await videoTrack({ codec: recipe.video, filter, quality, fps, container: recipe.container, ceiling }) }
      : {}),
    ...(sound ? { audio: sound.track } : {}),
    ...(part.startMs > 0 ? { startMs: part.startMs } : {}),
    ...(part.endMs === undefined ? {} : { endMs: part.endMs }),
    ...(facts.durationMs === undefined ? {} : { expectedMs: facts.durationMs }),
  };
}

const MAX_TRIES = 4;
/** A picture that wants less than this share of its ceiling does not notice it. */
const FELT = 0.75;

/** True when a ceiling that comes from the size limit has decided about the bit rate, not the wanted quality. */
function isHeldDown({ plan, lengthMs, isVideo }: Task, { video, audio }: TranscodeJob, size: number): boolean {
  const wishedSound = plan.audioBitRate ?? soundBitRate(plan.quality ?? DEFAULT_QUALITY);
  const sound = audio?.bitRate ?? 0;
  if (audio?.bitRate !== undefined && sound < wishedSound) return true;
  if (!isVideo) return false;
  const ceiling = Number(video?.options?.['maxrate'] ?? Number.POSITIVE_INFINITY);
  if (lengthMs === undefined || ceiling >= (plan.videoBitRate ?? Number.POSITIVE_INFINITY)) return false;
  return (size * 8000) / lengthMs - sound >= ceiling * FELT;
}

/** Encodes until the file is small enough; a ceiling on the bit rate hits the size at the first try nearly always. */
async function encodeWithin(task: Task, first: Try): Promise<{ readonly result: TranscodeResult; readonly notes: readonly string[] }> {
  const { plan, ctx, output, from, to } = task;
  const { maxBytes } = plan;
  let tighter = 1;
  for (let n = 1; ; n += 1) {
    const wish = await transcodeJob(task, { ...first, tighter });
    const { result, notes } = await transcodeFast(wish, task.job.hardware?.cache, ctx);
    if (maxBytes === undefined) return { result, notes };
    const { size } = await stat(output);
    if (size <= maxBytes) return { result, notes: [...notes, ...(n > 1 || isHeldDown(task, wish, size) ? ['loweredToFit'] : [])] };
    if (n >= MAX_TRIES) throw impossible(from, to, 'tooLargeForLimit', { limitBytes: maxBytes });
    tighter *= Math.min(0.92, (maxBytes / size) * 0.95);
  }
}

type Spoken = { readonly notes: readonly string[]; readonly figures: ConvertFigures };

/** Measures, encodes with one gain, measures the result, and corrects once when a limiter or the codec has moved it. */
async function withLoudness(task: Task, burn: Burning | undefined): Promise<Spoken & { readonly result: TranscodeResult }> {
  const { job, plan, facts, from, to, part, ctx, recipe, output } = task;
  const target = plan.loudness;
  if (target === undefined || !facts.audio || !task.hasSound) {
    const { result, notes } = await encodeWithin(task, { tighter: 1, loud: undefined, burn });
    return { result, notes, figures: {} };
  }
  const before = await measureLoudness(job.path, from, facts.audio.index, part, ctx.signal);
  if (before === undefined) {
    const { result, notes } = await encodeWithin(task, { tighter: 1, loud: undefined, burn });
    return { result, notes: [...notes, ...loudnessReport(undefined, undefined, target, false).notes], figures: {} };
  }
  const lossy = !isLossless(recipe.audio);
  let loud = loudnessPlan(before, target, lossy);
  let { result, notes } = await encodeWithin(task, { tighter: 1, loud, burn });
  let after = await measureWritten(output, to, ctx.signal);
  if (after !== undefined && Math.abs(after.lufs - target.lufs) > LOUDNESS_TOLERANCE / 2) {
    loud = loudnessPlan(before, target, lossy, target.lufs - after.lufs);
    ({ result, notes } = await encodeWithin(task, { tighter: 1, loud, burn }));
    after = await measureWritten(output, to, ctx.signal);
  }
  const report = loudnessReport(before, after, target, loud.peaksHeld);
  return { result, notes: [...notes, ...report.notes], figures: report.figures };
}

async function measureWritten(path: string, format: MediaFormat, signal: AbortSignal): Promise<Loudness | undefined> {
  const { audio } = await readFacts(path, format);
  return audio && (await measureLoudness(path, format, audio.index, { startMs: 0, endMs: undefined }, signal));
}

async function prepare(job: ConvertJob, from: MediaFormat, to: MediaFormat, output: string, ctx: JobContext) {
  const recipe = RECIPES[to];
  if (recipe === undefined) throw impossible(from, to, 'notWritable');
  const plan = convertPlan(job.settings);
  const facts = await readFacts(job.path, from);
  const isVideo = FORMATS[to].kind === 'video';
  if (isVideo && !facts.video) throw impossible(from, to, 'noPicture');
  if (!isVideo && !facts.audio) throw impossible(from, to, 'noSound');
  const { part, lengthMs, notes } = cutOf(plan, facts.durationMs, from, to);
  const hasSound = facts.audio !== undefined && plan.sound;
  const size = fitSize(displayed(facts).size, plan);
  return { task: { job, plan, from, to, recipe, facts, output, part, lengthMs, isVideo, hasSound, size, ctx } satisfies Task, notes };
}

/**
 * Converts a film or a sound, or takes the sound out of a film, into `output`. Streams are copied where that is wanted or loses
 * nothing; else everything is encoded anew, exact to the frame and the sample.
 * @throws AppError `engine.stepNotPossible` with both formats and a reason, `file.damaged`, `output.*`; the signal's reason on abort
 */
export async function convertMedia(
  job: ConvertJob,
  from: MediaFormat,
  to: MediaFormat,
  output: string,
  ctx: JobContext,
): Promise<MediaResult> {
  const { task, notes } = await prepare(job, from, to, output, ctx);
  const { plan, facts, isVideo, part, lengthMs } = task;
  const subtitles = isVideo && plan.subtitles ? await subtitlesFor(job, from, to, plan.subtitles, part, lengthMs) : undefined;
  const copy = copyWhy(plan, facts, from, to, task.size);
  if (copy) {
    const copied = await copyConverted({ job, from, to, output, facts, part, plan, why: copy, cues: subtitles ?? [], ctx });
    return { ...copied, notes: [...notes, ...copied.notes] };
  }
  const burn = subtitles && plan.subtitles === 'burn' ? await burning(job.temp, subtitles, task.size.out) : undefined;
  try {
    const done = await withLoudness(task, burn);
    if (subtitles && plan.subtitles === 'track') await addSubtitleTrack({ path: output, temp: job.temp, format: to, cues: subtitles, ctx });
    const summary = await summaryOf(output, to);
    return { summary, notes: [...notes, ...notesOf(task, done.result), ...done.notes], figures: done.figures };
  } finally {
    await burn?.[Symbol.asyncDispose]();
  }
}
