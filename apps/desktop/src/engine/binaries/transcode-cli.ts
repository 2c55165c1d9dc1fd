import { rename } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';
import { removeQuietly } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { DEMUXERS } from './av.ts';
import { eraseLameName } from './encoder-text.ts';
import { type CliSource, ffmpegArguments, fileUrl, parseInput, parseProgress, tidyArguments } from './ffmpeg-arguments.ts';
import { type FfmpegProgram, speak } from './ffmpeg-program.ts';
import { eraseMuxerName } from './muxer-name.ts';
import type { TranscodeJob, TranscodeResult } from './transcode-job.ts';

/** Turns the last words of a failed run into our error. */
function failure(words: string): AppError {
  const last = words.trim().split('\n').slice(-4).join(' | ') || 'ffmpeg failed without a word';
  if (/No space left/iu.test(words)) return new AppError('output.diskFull', last);
  if (/Unknown encoder|Encoder .* not found|No such filter/iu.test(words)) {
    return new AppError('engine.stepNotPossible', last, { params: { reason: 'noEncoder' } });
  }
  if (/(Permission denied|Read-only file system)/iu.test(words)) return new AppError('output.folderNotWritable', last);
  return new AppError('file.damaged', last);
}

/** Asks the program what the input holds. */
async function look({ input, inputFormat }: TranscodeJob, program: FfmpegProgram, signal: AbortSignal): Promise<CliSource> {
  const format = inputFormat ?? (await sniff(input)).format;
  // Without an output it ends with an error after it has said what it found.
  const ask = ['-hide_banner', '-nostdin', '-protocol_whitelist', 'file', '-f', DEMUXERS[format], '-i', fileUrl(input)];
  const { stderr } = await speak(program.path, ask, signal);
  return parseInput(stderr, format);
}

/** Packets of one kind in a finished file: how many, and where the last one ends. Copies them to nowhere, which decodes nothing. */
async function tally(
  program: FfmpegProgram,
  path: string,
  kind: 'v' | 'a',
  signal: AbortSignal,
): Promise<{ frames: number; endMs: number }> {
  let [frames, endMs] = [0, 0];
  const onLine = (line: string) => {
    const count = /^frame=\s*(\d+)$/u.exec(line)?.[1];
    if (count !== undefined) frames = Number(count);
    endMs = Math.max(endMs, parseProgress(line) ?? 0);
  };
  const words = ['-hide_banner', '-nostdin', '-v', 'error', '-progress', 'pipe:1', '-protocol_whitelist', 'file', '-i', fileUrl(path)];
  await speak(program.path, [...words, '-map', `0:${kind}:0`, '-c', 'copy', '-f', 'null', '-'], signal, onLine);
  return { frames, endMs };
}

async function tidy(job: TranscodeJob, source: CliSource, program: FfmpegProgram, signal: AbortSignal): Promise<void> {
  const aside = `${job.output}.tidy`;
  const words = tidyArguments(job, source, program, aside);
  if (!words) return;
  try {
    const { code, stderr } = await speak(program.path, words, signal);
    if (code !== 0) throw failure(stderr);
    await rename(aside, job.output);
  } catch (thrown) {
    await removeQuietly(aside);
    throw thrown;
  }
}

async function resultOf(job: TranscodeJob, source: CliSource, program: FfmpegProgram, signal: AbortSignal): Promise<TranscodeResult> {
  const none = { frames: 0, endMs: 0 };
  const video = job.video && source.video ? await tally(program, job.output, 'v', signal) : none;
  const audio = job.audio && source.audio ? await tally(program, job.output, 'a', signal) : none;
  const audioLost = job.audio !== undefined && source.audio !== undefined && audio.endMs === 0;
  return { durationMs: Math.max(video.endMs, audio.endMs), frames: video.frames, audioLost };
}

/**
 * Encodes one source into one or more files with an `ffmpeg` executable, which decodes it once. The same contract as
 * `transcodeWithAv`; the bytes are those of that program's version.
 * @throws AppError `engine.stepNotPossible`, `file.damaged`, `output.*`; the signal's reason on abort. Files are left to the caller then.
 */
export async function transcodeWithCli(jobs: readonly TranscodeJob[], program: FfmpegProgram, ctx: JobContext): Promise<TranscodeResult[]> {
  const [first] = jobs;
  if (!first) return [];
  const source = await look(first, program, ctx.signal);
  if (!(first.video && source.video) && !(first.audio && source.audio)) {
    if (!source.video && !source.audio) throw new AppError('file.damaged', 'the file has no stream that can be read');
    throw new AppError('engine.stepNotPossible', 'the file has none of the wanted streams', {
      params: { reason: first.video ? 'noPicture' : 'noSound' },
    });
  }
  const lengths = jobs.map(
    (job) => Math.min(job.endMs ?? Number.POSITIVE_INFINITY, job.expectedMs ?? source.durationMs ?? 1) - (job.startMs ?? 0),
  );
  const totalMs = Math.max(1, ...lengths);
  const { code, stderr } = await speak(program.path, ffmpegArguments(jobs, source, program), ctx.signal, (line) => {
    const doneMs = parseProgress(line);
    if (doneMs !== undefined) ctx.progress(Math.min(0.99, doneMs / totalMs));
  });
  if (code !== 0) throw failure(stderr);
  const results: TranscodeResult[] = [];
  for (const job of jobs) {
    await tidy(job, source, program, ctx.signal);
    await eraseMuxerName(job.output, job.container);
    if (job.audio?.encoder === 'libmp3lame') await eraseLameName(job.output);
    results.push(await resultOf(job, source, program, ctx.signal));
  }
  return results;
}
