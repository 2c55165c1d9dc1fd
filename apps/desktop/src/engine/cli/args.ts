import { parseArgs } from 'node:util';
import {
  Background,
  Coarsen,
  CutMode,
  DestinationId,
  ExportFormat,
  FitMode,
  KeepGroup,
  MediaFormat,
  Strength,
  SubtitleMode,
} from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';

const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const files = z.array(z.string()).min(1, 'at least one file is needed');
const out = z.string({ error: '--out DIR is needed' }).min(1);
const jobs = count(1, 64).optional();

const Command = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('inspect'),
    files,
    jobs,
    quick: z.boolean().default(false),
    full: z.boolean().default(false),
    format: ExportFormat.default('ndjson'),
  }),
  z.strictObject({ verb: z.literal('diff'), files: z.array(z.string()).length(2, 'diff takes exactly two files'), jobs }),
  z.strictObject({
    verb: z.literal('clean'),
    files,
    jobs,
    out,
    keep: z.array(KeepGroup).default([]),
    coarsen: Coarsen.optional(),
    'remove-credentials': z.boolean().default(false),
    'new-dates': z.boolean().default(false),
  }),
  z.strictObject({
    verb: z.literal('unicalize'),
    files,
    jobs,
    out,
    variants: count(1, 100).default(3),
    seed: count(0, 0xffffffff).default(1),
    strength: Strength.default('balanced'),
    'min-distance': z.coerce.number().min(0).max(256).optional(),
    'min-quality': z.coerce.number().min(0).max(1).optional(),
    mirror: z.boolean().default(false),
  }),
  z.strictObject({
    verb: z.literal('convert'),
    files,
    jobs,
    out,
    format: MediaFormat.optional(),
    width: count(16, 16_384).optional(),
    height: count(16, 16_384).optional(),
    preset: DestinationId.optional(),
    fit: FitMode.optional(),
    enlarge: z.boolean().optional(),
    background: Background.optional(),
    quality: count(1, 100).optional(),
    'max-bytes': count(1000, 1_000_000_000_000).optional(),
    start: count(0, Number.MAX_SAFE_INTEGER).optional(),
    end: count(1, Number.MAX_SAFE_INTEGER).optional(),
    cut: CutMode.optional(),
    'cut-to-limit': z.boolean().optional(),
    frames: count(1, 500).optional(),
    every: count(40, 86_400_000).optional(),
    subtitles: SubtitleMode.optional(),
    'subtitle-file': z.string().min(1).optional(),
    lufs: z.coerce.number().min(-40).max(-5).optional(),
    'true-peak': z.coerce.number().min(-9).max(0).default(-1),
    encoder: z.enum(['software', 'auto']).default('software'),
  }),
  z.strictObject({
    verb: z.literal('thumbnail'),
    files,
    jobs,
    out,
    size: count(16, 4096).default(320),
    at: count(0, Number.MAX_SAFE_INTEGER).optional(),
  }),
  z.strictObject({ verb: z.literal('preview'), files, jobs, out }),
  z.strictObject({ verb: z.literal('waveform'), files, jobs, peaks: count(16, 8192).default(1000) }),
  z.strictObject({ verb: z.literal('compare'), files: z.array(z.string()).length(2, 'compare takes exactly two files'), jobs }),
  z.strictObject({ verb: z.literal('verify'), files, jobs }),
]);

/** A command line that makes sense. */
export type Command = z.infer<typeof Command>;
export type Parsed = Command | { readonly verb: 'help' } | { readonly verb: 'version' } | { readonly verb: 'encoders' };

const VERBS = 'inspect, diff, clean, unicalize, convert, thumbnail, preview, waveform, compare, verify and encoders';
const FLAGS = ['quick', 'full', 'mirror', 'enlarge', 'cut-to-limit', 'remove-credentials', 'new-dates', 'help', 'version'];
const VALUES =
  `out keep variants seed strength min-distance min-quality format width height fit quality start end size at peaks jobs preset background max-bytes cut frames every subtitles subtitle-file lufs true-peak coarsen encoder`.split(
    ' ',
  );
const OPTIONS = Object.fromEntries([
  ...FLAGS.map((name) => [name, { type: 'boolean' as const }] as const),
  ...VALUES.map((name) => [name, { type: 'string' as const }] as const),
]);

function usageError(message: string, cause?: unknown): AppError {
  return new AppError('engine.usage', message, cause === undefined ? {} : { cause });
}

function explain(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'wrong usage';
  if (issue.code === 'unrecognized_keys') return `this verb has no option ${issue.keys.map((key) => `--${key}`).join(', ')}`;
  const [field] = issue.path;
  if (field === 'verb') return `unknown verb; there are ${VERBS}`;
  return field === undefined || field === 'files' || field === 'out' ? issue.message : `--${String(field)}: ${issue.message}`;
}

/** `place=city,time=day` as an object. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
  );

/**
 * Understands a command line.
 * @param argv words after the program's name
 * @throws AppError engine.usage with a sentence that names what is wrong
 */
export function parseCommand(argv: readonly string[]): Parsed {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw usageError(thrown instanceof Error ? thrown.message : 'wrong usage', thrown);
  }
  const { help, version, ...values } = parsed.values;
  if (help) return { verb: 'help' };
  if (version) return { verb: 'version' };
  const [verb, ...rest] = parsed.positionals;
  if (verb === undefined) throw usageError(`a verb is needed: ${VERBS}`);
  if (verb === 'encoders') {
    if (rest.length > 0 || Object.keys(values).length > 0) throw usageError('encoders takes no files and no options');
    return { verb };
  }
  const { keep, coarsen } = values;
  const command = Command.safeParse({
    verb,
    files: rest,
    ...values,
    ...(typeof keep === 'string' ? { keep: keep.split(',').filter((group) => group !== '') } : {}),
    ...(typeof coarsen === 'string' ? { coarsen: pairs(coarsen) } : {}),
  });
  if (!command.success) throw usageError(explain(command.error));
  if (command.data.verb === 'convert' && command.data.frames !== undefined && command.data.every !== undefined) {
    throw usageError('--frames and --every exclude each other');
  }
  if (command.data.verb === 'inspect' && command.data.quick && command.data.full) throw usageError('--quick and --full exclude each other');
  return command.data;
}
