import { AppError } from '@pingplex/shared/errors';
import type { JobContext } from '../job-context.ts';
import { loadAv } from './av.ts';
import { askFfmpeg, FFMPEG_VARIABLE, findFfmpeg } from './ffmpeg-program.ts';
import { transcodeWithAv } from './transcode-av.ts';
import { transcodeWithCli } from './transcode-cli.ts';
import type { TranscodeJob, TranscodeResult } from './transcode-job.ts';

/**
 * Encodes one source into one or more files, decoding it once. Leaves files behind on failure.
 * @param jobs same `input`; either all of them want pictures (sound) or none
 */
export type VideoAdapter = {
  /** `node-av`, or `ffmpeg` with its version. */
  readonly name: string;
  readonly transcode: (jobs: readonly TranscodeJob[], ctx: JobContext) => Promise<TranscodeResult[]>;
};

const NODE_AV: VideoAdapter = { name: 'node-av', transcode: transcodeWithAv };

/** The adapter over an `ffmpeg` executable. @throws AppError engine.unavailable when there is none at that path */
export async function cliAdapter(path: string): Promise<VideoAdapter> {
  const program = await askFfmpeg(path, AbortSignal.timeout(20_000));
  if (!program) throw new AppError('engine.unavailable', `${path} is not a usable ffmpeg`, { params: { what: 'FFmpeg' } });
  return { name: `ffmpeg ${program.version}`, transcode: (jobs, ctx) => transcodeWithCli(jobs, program, ctx) };
}

let chosen: Promise<VideoAdapter> | undefined;

/**
 * What this process encodes with, chosen once: the executable that the environment names, else node-av, else an `ffmpeg` beside the
 * engine or in PATH.
 * @throws AppError engine.unavailable when there is nothing to encode with
 */
export function videoAdapter(): Promise<VideoAdapter> {
  chosen ??= choose();
  chosen.catch(() => {
    chosen = undefined;
  });
  return chosen;
}

async function choose(): Promise<VideoAdapter> {
  const named = process.env[FFMPEG_VARIABLE];
  if (named) return cliAdapter(named);
  try {
    await loadAv();
    return NODE_AV;
  } catch (thrown) {
    const program = await findFfmpeg(AbortSignal.timeout(20_000));
    if (!program) throw thrown;
    return cliAdapter(program.path);
  }
}
