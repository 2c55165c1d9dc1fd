import { lstat, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import type { EngineJob, TempPlace } from '@pingplex/shared/contracts/engine';
import type { MediaFormat, SubtitleMode } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { foldName, removeQuietly, tempPath } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { SUBTITLE_FORMATS } from './cue-track.ts';
import { impossible, readFacts } from './facts.ts';
import type { Size } from './fit-size.ts';
import type { Part } from './limits.ts';
import { copyStreams } from './stream-copy.ts';
import { assText, type Cue, cuesWithin, parseSubtitles } from './subtitle-text.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;

/** The longest subtitle files of long films have some hundred kilobytes. */
const MAX_SUBTITLE_BYTES = 10_000_000;
const KINDS = ['.srt', '.vtt'];
/** A text file beside the film that is not in UTF-8 is most likely in the Windows set of this language area. */
const OLD_CYRILLIC = 'windows-1251';

/** `film.srt`, `film.en.srt` or `film.vtt` beside `film.mp4`; the plain name first, then by the alphabet. */
async function fileBeside(path: string): Promise<string | undefined> {
  const { dir, name } = parse(path);
  const stem = foldName(name);
  const names = await readdir(dir === '' ? dirname(path) : dir).catch(() => []);
  const fits = names.filter((one) => {
    const other = parse(one);
    if (!KINDS.includes(other.ext.toLowerCase())) return false;
    const own = foldName(other.name);
    return own === stem || (own.startsWith(`${stem}.`) && /^\.[a-z]{2,3}(-[a-z0-9]+)?$/i.test(own.slice(stem.length)));
  });
  const [best] = fits.sort((a, b) => parse(a).name.length - parse(b).name.length || a.localeCompare(b, 'en'));
  return best === undefined ? undefined : join(dir, best);
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(OLD_CYRILLIC).decode(bytes);
  }
}

async function readSubtitles(path: string): Promise<Cue[]> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts?.isFile()) throw new AppError('file.notFound', 'the subtitle file is not there', { params: { count: 1 } });
  if (facts.size > MAX_SUBTITLE_BYTES) {
    throw new AppError('file.tooLarge', 'the subtitle file is too large', { params: { sizeBytes: facts.size } });
  }
  return parseSubtitles(decode(await readFile(path)));
}

/**
 * The subtitles of a job, on the clock of its part: from the file that was named, else from the one beside the source.
 * @throws AppError `engine.stepNotPossible`: `noSubtitles` when there is no file, `subtitlesBroken` with the line, `subtitlesNotHeld` when
 *   the format has no subtitle track; `file.*`
 */
export async function subtitlesFor(
  job: ConvertJob,
  from: MediaFormat,
  to: MediaFormat,
  mode: SubtitleMode,
  part: Part,
  lengthMs: number | undefined,
): Promise<Cue[]> {
  if (mode === 'track' && !SUBTITLE_FORMATS.includes(to)) throw impossible(from, to, 'subtitlesNotHeld');
  const path = job.subtitleFile ?? (await fileBeside(job.original ?? job.path));
  if (path === undefined) throw impossible(from, to, 'noSubtitles');
  return cuesWithin(await readSubtitles(path), part.startMs, lengthMs);
}

/** A path inside a filter string: quoted for the option and once more for the chain. */
function inFilter(path: string): string {
  const option = path.replaceAll('\\', '/').replaceAll(/[\\':]/g, (sign) => `\\${sign}`);
  return option.replaceAll(/[\\'[\],;]/g, (sign) => `\\${sign}`);
}

/** What the text renderer is asked for; the system gives its own sans-serif font when it has no such family. */
const FONT = process.platform === 'win32' ? 'Segoe UI' : process.platform === 'darwin' ? 'Helvetica Neue' : 'sans-serif';
const HELPER_N = 9002;

/** A filter that draws subtitles, and the file that it reads; dispose it when the film is written. */
export type Burning = AsyncDisposable & { readonly filter: string };

/** Writes the cues where the text renderer reads them. */
export async function burning(temp: TempPlace, cues: readonly Cue[], size: Size): Promise<Burning> {
  const path = tempPath(temp, HELPER_N, 'ass');
  await writeFile(path, assText(cues, size, FONT));
  return { filter: `ass=filename=${inFilter(path)}`, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

const ASIDE_N = 9003;

/** Adds a subtitle track to a film that is written already; pictures and sound are copied. */
export async function addSubtitleTrack(task: {
  readonly path: string;
  readonly temp: TempPlace;
  readonly format: MediaFormat;
  readonly cues: readonly Cue[];
  readonly ctx: JobContext;
}): Promise<void> {
  const { path, temp, format, cues, ctx } = task;
  if (cues.length === 0) return;
  const aside = tempPath(temp, ASIDE_N, 'part');
  const { video, audio } = await readFacts(path, format);
  try {
    const part: Part = { startMs: 0, endMs: undefined };
    await copyStreams(
      { input: path, inputFormat: format, output: aside, to: format, videoIndex: video?.index, audioIndex: audio?.index, part, cues, temp },
      ctx,
    );
    await rename(aside, path);
  } catch (thrown) {
    await removeQuietly(aside);
    throw thrown;
  }
}
