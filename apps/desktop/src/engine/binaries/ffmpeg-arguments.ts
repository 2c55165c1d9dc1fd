import type { MediaFormat } from '@pingplex/shared/domain';
import { DEMUXERS } from './av.ts';
import type { FfmpegProgram } from './ffmpeg-program.ts';
import { type Options, soundChain, type TranscodeJob, type VideoTrack, type Window, windowOf } from './transcode-job.ts';

/** What of an input the command line depends on. */
export type CliSource = {
  readonly format: MediaFormat;
  readonly video?: { readonly index: number; readonly isTurned: boolean };
  readonly audio?: { readonly index: number; readonly sampleRate: number };
  readonly durationMs?: number;
};

/** As for node-av: cuts nearer to the beginning are reached by decoding. */
const SEEK_WORTH_MS = 2000;
const PRE_ROLL_MS = 250;

/**
 * FFmpeg's name for a local file: literal, whatever characters it has (a leading dash, `%03d`, quotes, colons).
 * @param path absolute
 */
export const fileUrl = (path: string): string => `file:${path}`;

const seconds = (ms: number): string => (ms / 1000).toFixed(6);

function optionWords(options: Options, stream = ''): string[] {
  return Object.entries(options).flatMap(([key, value]) => [`-${key}${stream}`, String(value)]);
}

/** Cut and clock in front of the caller's filters: frames from the start on, their clock beginning at 0. Half a millisecond of tolerance. */
function pictureChain({ filter }: VideoTrack, { startMs, endMs }: Window): string {
  const from = startMs > 0 ? `start=${seconds(startMs - 0.5)}` : '';
  const to = endMs === Number.POSITIVE_INFINITY ? '' : `end=${seconds(endMs - 0.5)}`;
  const cut = from === '' && to === '' ? [] : [`trim=${[from, to].filter(Boolean).join(':')}`];
  const clock = startMs > 0 ? [`setpts=PTS-round(${seconds(startMs)}/TB)`] : [];
  return [...cut, ...clock, filter].filter(Boolean).join(',');
}

/** The clock that `soundChain` expects, then what it says. */
function heardChain(job: TranscodeJob, window: Window, sampleRate: number): string {
  if (!job.audio) return 'anull';
  const clock = window.startMs > 0 ? [`asetpts=PTS-round(${seconds(window.startMs)}/TB)`] : [];
  return [...clock, soundChain(job.audio, window, sampleRate)].join(',');
}

function videoWords(track: VideoTrack, window: Window, index: number, threads: number, program: FfmpegProgram): string[] {
  const passthrough = program.major > 5 || (program.major === 5 && program.minor >= 1) ? '-fps_mode:v' : '-vsync';
  return [
    ...['-map', `0:${index}`, '-filter:v', pictureChain(track, window), '-c:v', track.encoder, passthrough, 'passthrough'],
    ...(track.gopSize === undefined ? [] : ['-g', String(track.gopSize)]),
    ...(track.maxBFrames === undefined ? [] : ['-bf', String(track.maxBFrames)]),
    ...['-threads:v', String(threads), '-flags:v', '+bitexact', ...optionWords(track.options ?? {}, ':v')],
    // x264 writes its version and settings into supplemental information (type 6); no option of its own turns that off.
    ...(track.encoder === 'libx264' ? ['-bsf:v', 'filter_units=remove_types=6'] : []),
  ];
}

function audioWords(job: TranscodeJob, window: Window, { index, sampleRate }: { index: number; sampleRate: number }): string[] {
  const { audio } = job;
  if (!audio) return [];
  return [
    ...['-map', `0:${index}`, '-filter:a', heardChain(job, window, sampleRate), '-c:a', audio.encoder, '-flags:a', '+bitexact'],
    ...(audio.bitRate === undefined ? [] : ['-b:a', String(audio.bitRate)]),
    ...optionWords(audio.options ?? {}, ':a'),
  ];
}

function inputWords(jobs: readonly TranscodeJob[], source: CliSource, program: FfmpegProgram, seekMs: number): string[] {
  const [first] = jobs;
  const threads = String(first?.threads ?? 2);
  const drops = jobs.some((job) => job.video && !job.video.keepRotation);
  return [
    ...['-threads', threads, '-noautorotate'],
    ...(drops && program.major >= 6 ? ['-display_rotation:v:0', '0'] : []),
    ...(seekMs > 0 ? ['-ss', seconds(seekMs)] : []),
    // No playlist or script can make it open another file or a connection.
    ...['-protocol_whitelist', 'file', '-f', DEMUXERS[source.format], '-i', fileUrl(first?.input ?? '')],
  ];
}

/**
 * Words of the command line that does the jobs: one input, decoded once, one output per job.
 * @param jobs same `input`
 */
export function ffmpegArguments(jobs: readonly TranscodeJob[], source: CliSource, program: FfmpegProgram): string[] {
  const starts = Math.min(...jobs.map((job) => job.startMs ?? 0));
  const seekMs = starts < SEEK_WORTH_MS ? 0 : starts - PRE_ROLL_MS;
  const threads = jobs[0]?.threads ?? 2;
  return [
    ...['-hide_banner', '-nostdin', '-y', '-v', 'error', '-max_error_rate', '1', '-progress', 'pipe:1'],
    ...['-filter_threads', String(threads)],
    ...inputWords(jobs, source, program, seekMs),
    ...jobs.flatMap((job) => {
      // After a seek FFmpeg's clock begins where it jumped to.
      const whole = windowOf(job, 0);
      const window = { ...whole, startMs: Math.max(0, whole.startMs - seekMs), endMs: whole.endMs - seekMs };
      return [
        ...(job.video && source.video ? videoWords(job.video, window, source.video.index, threads, program) : []),
        ...(job.audio && source.audio ? audioWords(job, window, source.audio) : []),
        ...['-map_metadata', '-1', '-map_metadata:s', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'],
        ...optionWords(job.containerOptions ?? {}),
        ...['-f', job.container, fileUrl(job.output)],
      ];
    }),
  ];
}

/** Containers in which the program leaves its name among the comments of a sound. */
const WITH_COMMENTS: ReadonlySet<string> = new Set(['flac', 'ogg', 'opus']);

/**
 * Words of a second run that copies the finished file's packets into `output`, when the first one can't do everything: no option keeps
 * FFmpeg from naming the encoder in comments, and before FFmpeg 6 only a copy may have another rotation than its source.
 * @returns undefined when there is nothing to put right
 */
export function tidyArguments(job: TranscodeJob, source: CliSource, program: FfmpegProgram, output: string): string[] | undefined {
  const dropsTurn = program.major < 6 && job.video !== undefined && !job.video.keepRotation && source.video?.isTurned === true;
  if (!dropsTurn && !WITH_COMMENTS.has(job.container)) return undefined;
  return [
    ...['-hide_banner', '-nostdin', '-y', '-v', 'error', '-protocol_whitelist', 'file', '-i', fileUrl(job.output)],
    ...['-map', '0', '-c', 'copy', '-map_metadata', '-1', '-map_metadata:s', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'],
    ...(dropsTurn ? ['-metadata:s:v:0', 'rotate=0'] : []),
    ...optionWords(job.containerOptions ?? {}),
    ...['-f', job.container, fileUrl(output)],
  ];
}

const STREAM = /^\s*Stream #0:(\d+)[^:]*(?:\([^)]*\))?: (Video|Audio): (.*)$/u;

/** What `ffmpeg -i` says about an input. @param words its standard error */
export function parseInput(words: string, format: MediaFormat): CliSource {
  let source: CliSource = { format };
  const length = /Duration: (\d+):(\d\d):(\d\d\.\d+)/u.exec(words);
  if (length) source = { ...source, durationMs: (Number(length[1]) * 3600 + Number(length[2]) * 60 + Number(length[3])) * 1000 };
  for (const line of words.split('\n')) {
    const [, index = '0', type, rest = ''] = STREAM.exec(line) ?? [];
    if (type === 'Video' && !source.video && !rest.includes('(attached pic)')) {
      source = { ...source, video: { index: Number(index), isTurned: /displaymatrix: rotation/u.test(words) } };
    }
    const rate = /(\d+) Hz/u.exec(rest)?.[1];
    if (type === 'Audio' && !source.audio && rate) source = { ...source, audio: { index: Number(index), sampleRate: Number(rate) } };
  }
  return source;
}

/** Place in the output that a line of `-progress` names, in milliseconds. */
export function parseProgress(line: string): number | undefined {
  const micros = /^out_time_us=(-?\d+)$/u.exec(line)?.[1];
  return micros === undefined ? undefined : Math.max(0, Number(micros) / 1000);
}
