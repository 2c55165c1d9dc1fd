import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { Tag } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import { DefaultExiftoolArgs, ExifTool, ExifToolTask, exiftoolPath } from 'exiftool-vendored';
import { parseTags } from './exiftool-json.ts';

/** Two processes answer 145 files/s on two cores, one answers 93; more only cost memory. */
const MAX_PROCESSES = 2;
const TASK_TIMEOUT_MS = 10_000;

/**
 * Cuts texts at a little over 64 kB, between characters, before they leave ExifTool: a bomb of a few kB can unfold to hundreds of megabytes. Binary values pass through
 * the same filter and must keep their length, because ExifTool prints it; they are told apart by the calling frame's argument.
 * The machine value (`num`) passes no filter, so the stored value that the text came from is cut too.
 */
const CUT_LONG_TEXTS = [
  'Filter=if (length($_) > 65600) { my $bin; { package DB; for (my $i = 0; ; ++$i) { my @c = caller($i); last unless @c;',
  'next unless $c[3] eq "Image::ExifTool::Filter"; my $arg = $DB::args[2]; $bin = 1 if ref($arg) && ref($$arg) eq "SCALAR"; } }',
  'unless ($bin) { my $cut = substr($_, 0, 65600); $cut =~ s/[\\xc0-\\xff][\\x80-\\xbf]*$//;',
  'for my $v (values %{$$self{VALUE}}) { $v = $cut if defined $v and not ref $v and $v eq $_; } $_ = $cut; } }',
].join(' ');

/**
 * ExifTool keeps the byte order of the file before, and reads bare AAC in it, which has none: another profile, no channels. A condition of
 * speed 5 is asked before a file is opened, so each file begins in the order that a fresh ExifTool begins in.
 */
const FRESH_BYTE_ORDER = ['-if5', 'Image::ExifTool::SetByteOrder("MM"); 1'];

const CHARSETS = ['-charset', 'filename=utf8'];
const JSON_ARGS = [...CHARSETS, ...FRESH_BYTE_ORDER, '-j', '-l', '-a', '-api', 'largefilesupport=1', '-api', CUT_LONG_TEXTS];
const KNOWN_TAGS = [...JSON_ARGS, '-G1'];
/**
 * Unknown tags too (makers hide identifiers in them), every value of a name that comes more than once (family 4 numbers them), and
 * structures both whole and taken apart: only the whole says which parts belong together.
 */
const EVERY_TAG = [...JSON_ARGS, '-u', '-G1:4', '-api', 'struct=2'];

class RawTask extends ExifToolTask<string> {
  protected override parse(output: string, error?: Error): string {
    // Whatever was printed counts; ExifTool reports damage as tags of its own group.
    if (output.trim() === '' && error) throw error;
    return output;
  }
}

let pool: ExifTool | undefined;

const ON_WINDOWS = process.platform === 'win32';
const SYSTEM_PERL = '/usr/bin/perl';

async function startProcess(): Promise<ChildProcess> {
  const script = await exiftoolPath();
  // ExifTool's first line names the system's Perl; elsewhere Perl is looked for.
  const command = ON_WINDOWS || existsSync(SYSTEM_PERL) ? [script] : ['perl', script];
  const [program = script, ...rest] = [...command, ...DefaultExiftoolArgs];
  const { PATH = '/usr/bin:/bin', SystemRoot } = process.env;
  const child = spawn(program, rest, {
    stdio: 'pipe',
    windowsHide: true,
    // Only what Perl needs to run: nothing of ours reaches it.
    env: { PATH, LANG: 'C', ...(SystemRoot ? { SystemRoot } : {}) },
  });
  // The pool turns each piece of output into text by itself, which would break letters that two pieces share.
  child.stdout?.setEncoding('utf8');
  child.stderr?.setEncoding('utf8');
  return child;
}

function processes(): ExifTool {
  pool ??= new ExifTool({
    maxProcs: MAX_PROCESSES,
    taskTimeoutMillis: TASK_TIMEOUT_MS,
    spawnTimeoutMillis: 15_000,
    taskRetries: 0,
    processFactory: startProcess,
  });
  return pool;
}

function toolError(thrown: unknown): AppError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/perl|ENOENT|not found|Failed to find ExifTool|BatchCluster has ended|spawn/i.test(message)) {
    return new AppError('engine.unavailable', `ExifTool is not available: ${message}`, { params: { what: 'ExifTool' }, cause: thrown });
  }
  if (/timeout|timed out/i.test(message)) return new AppError('engine.timedOut', `ExifTool did not answer: ${message}`, { cause: thrown });
  return new AppError('file.damaged', message, { cause: thrown });
}

/**
 * Gives a file a name that ExifTool's line protocol can carry. A line break would split one argument into two, so such a file is
 * reached through a link with a plain name; all others are named as they are.
 */
async function withPlainName<T>(path: string, work: (plain: string) => Promise<T>): Promise<T> {
  if (!/[\r\n]/.test(path)) return work(path);
  const dir = await mkdtemp(join(tmpdir(), 'pingplex-name-'));
  try {
    const link = join(dir, `file${extname(path).replace(/[^.A-Za-z0-9]/g, '')}`);
    await symlink(path, link);
    return await work(link);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Runs one ExifTool command in the pool and gives its standard output.
 * @param args arguments without the file; none may hold a line break
 * @param path absolute path of the file, always the last argument
 * @throws AppError engine.unavailable, engine.timedOut, file.damaged
 */
function runExifTool(args: readonly string[], path: string): Promise<string> {
  return withPlainName(path, async (plain) => {
    try {
      return await processes().enqueueTask(() => new RawTask([...CHARSETS, ...args, plain]), false);
    } catch (thrown) {
      throw toolError(thrown);
    }
  });
}

async function readJson(args: readonly string[], path: string): Promise<Tag[]> {
  const output = await withPlainName(path, async (plain) => {
    try {
      return await processes().enqueueTask(() => new RawTask([...args, plain]), false);
    } catch (thrown) {
      throw toolError(thrown);
    }
  });
  const tags = parseTags(output);
  const own: Readonly<Record<string, string>> = { 'System:FileName': basename(path), 'System:Directory': dirname(path) };
  return tags.map((tag) => (own[tag.key] === undefined ? tag : { ...tag, value: own[tag.key] ?? '' }));
}

/**
 * Every tag that ExifTool knows, keyed `Group:Name` (-G1), each name once, with the printed value and the machine value where they differ.
 * @throws AppError engine.unavailable when ExifTool or Perl is missing, engine.timedOut after 10 s, file.damaged
 */
export function readTagsFull(path: string): Promise<Tag[]> {
  return readJson(KNOWN_TAGS, path);
}

/** What ExifTool warns of where a film carries timed data, such as the positions of a drive, which it only reads when told to. */
const MORE_INSIDE = /ExtractEmbedded option may find more/;
/** An hour of positions is tens of thousands of values that all say the same: where it went. */
const MOST_TIMED = 2000;

/** What the second reading found beside the first, numbered on after it. */
function addTimed(first: readonly Tag[], second: readonly Tag[]): { readonly tags: Tag[]; readonly isCut: boolean } {
  const known = new Set(first.map(({ key, value }) => `${key}\n${value}`));
  const counts = new Map<string, number>();
  for (const { key } of first) counts.set(key, (counts.get(key) ?? 0) + 1);
  const news = second.filter(({ key, value }) => !/^(System|ExifTool):/.test(key) && !known.has(`${key}\n${value}`));
  const numbered = news.slice(0, MOST_TIMED).map(({ copy: _copy, ...tag }) => {
    const copy = counts.get(tag.key) ?? 0;
    counts.set(tag.key, copy + 1);
    return copy === 0 ? tag : { ...tag, copy };
  });
  return { tags: [...first, ...numbered], isCut: news.length > MOST_TIMED };
}

/**
 * All that ExifTool can say: as `readTagsFull`, and unknown tags, repeated names, whole structures, and what a film says second by second.
 * @returns the tags, and whether there are more timed ones than these
 * @throws AppError as `readTagsFull`
 */
export async function readEveryTag(path: string): Promise<{ readonly tags: readonly Tag[]; readonly isCut: boolean }> {
  const tags = await readJson(EVERY_TAG, path);
  const isTimed = tags.some(({ key, value }) => key.endsWith(':Warning') && MORE_INSIDE.test(value));
  if (!isTimed) return { tags, isCut: false };
  try {
    return addTimed(tags, await readJson([...EVERY_TAG, '-ee'], path));
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    // Hours of film may take longer than a task may; what was read before counts.
    return { tags, isCut: true };
  }
}

/**
 * Bytes of one binary tag, such as a preview inside a RAW file; empty when the tag is missing.
 * @param name tag name without a group
 * @throws AppError engine.unavailable, engine.timedOut, file.damaged
 */
export function readBinaryTag(path: string, name: string): Promise<Buffer> {
  return withPlainName(path, async (plain) => {
    try {
      return await processes().extractBinaryTagToBuffer(name as 'PreviewImage', plain);
    } catch (thrown) {
      throw toolError(thrown);
    }
  });
}

/**
 * Writes tags in place, without keeping ExifTool's back-up copy. Only ever called on temporary files of ours.
 * @param args write arguments such as `-all=` or `-XMP-dc:Title=…`; no line breaks
 * @throws AppError as `runExifTool`, and output.writeFailed when ExifTool changed nothing
 */
export async function writeTags(args: readonly string[], path: string): Promise<void> {
  const output = await runExifTool([...args, '-overwrite_original', '-ignoreMinorErrors'], path);
  if (/\b[1-9]\d* (image )?files? (updated|created|unchanged)/.test(output)) return;
  throw new AppError('output.writeFailed', `ExifTool did not write: ${output.slice(0, 500)}`);
}

/** Ends the processes of the pool; the next call starts new ones. */
export async function endExifTool(): Promise<void> {
  const ending = pool;
  pool = undefined;
  await ending?.end();
}
