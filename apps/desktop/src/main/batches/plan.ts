import { relative, sep } from 'node:path';
import type { Model, ResultKind } from '@pingplex/shared/contracts/http';
import {
  convertFormat,
  destinationOf,
  destinationTakes,
  FORMATS,
  formatByName,
  type MediaFormat,
  type MediaKind,
  renderName,
  type Step,
  type StepVerb,
  TextFormat,
  VERB_KINDS,
} from '@pingplex/shared/domain';
import { foldName, safeFileName } from '../../output/index.ts';
import type { Ask } from '../db/index.ts';
import { completeSettings } from '../generations/index.ts';
import type { SourceFile } from './ports.ts';

/** A file as it will be after some step, as far as that can be known before. */
type PlannedFile = {
  readonly kind: ResultKind;
  readonly format: MediaFormat;
  readonly ext: string;
  readonly verb: StepVerb | null;
  readonly modelId: string;
  readonly saved: boolean;
  readonly durationMs?: number | undefined;
};
/** One use of a verb on one file. */
type PlannedJob = { readonly step: Step; readonly kind: MediaKind; readonly format: MediaFormat; readonly results: number };
export type ItemPlan = { readonly jobs: readonly PlannedJob[]; readonly results: readonly PlannedFile[]; readonly sends: number };

/** True when a step works on this file; otherwise the file passes it unchanged. */
export function stepApplies(step: Step, kind: MediaKind, at: number, models: readonly Model[]): boolean {
  if (!VERB_KINDS[step.verb].includes(kind)) return false;
  if (step.verb === 'convert') {
    const place = destinationOf(step.preset);
    return place === undefined || destinationTakes(place, kind);
  }
  if (step.verb !== 'generate') return true;
  if (step.applyTo === 'first' && at > 0) return false;
  const model = models.find((one) => one.id === step.modelId);
  // A model that isn't known yet is asked about when its turn comes.
  if (model === undefined || model.limits.maxSources === 0) return true;
  return model.limits.sourceMimes.some((mime) => mime.startsWith(`${kind}/`));
}

/** Number of pictures that a step takes out of a film, as far as its length is known. */
function framesOf(step: Extract<Step, { verb: 'convert' }>, durationMs: number | undefined): number {
  const { frames, trimStartMs = 0, trimEndMs } = step;
  if (frames === undefined) return 1;
  if (frames.by === 'count') return frames.count;
  const end = Math.min(trimEndMs ?? Number.POSITIVE_INFINITY, durationMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(end) ? Math.max(1, Math.ceil((end - trimStartMs) / frames.everyMs)) : 1;
}

/** Number of files that a step makes of one. */
function resultsOf(step: Step, file: PlannedFile, models: readonly Model[]): number {
  if (step.verb === 'unicalize') return step.variants;
  if (step.verb === 'convert') {
    const isFrames = file.kind === 'video' && FORMATS[convertFormat(step, file.format)].kind === 'image';
    return isFrames ? framesOf(step, file.durationMs) : 1;
  }
  if (step.verb !== 'generate') return 1;
  const model = models.find((one) => one.id === step.modelId);
  if (model?.price.unit !== 'image' || model.price.unitsFrom === undefined) return 1;
  const units = Number(completeSettings(model, step.settings)[model.price.unitsFrom] ?? 1);
  return Number.isInteger(units) && units >= 1 && units <= 100 ? units : 1;
}

/** Subtitles say in their settings what they are; every other text is plain. */
function textExtension(settings: Readonly<Record<string, unknown>>): TextFormat {
  return TextFormat.options.find((format) => format !== 'txt' && Object.values(settings).includes(format)) ?? 'txt';
}

function after(step: Step, file: PlannedFile, models: readonly Model[]): Omit<PlannedFile, 'saved'> {
  const named = (format: MediaFormat): Omit<PlannedFile, 'saved'> => ({
    kind: FORMATS[format].kind,
    format,
    ext: format === file.format ? file.ext : FORMATS[format].extensions[0],
    verb: step.verb,
    modelId: file.modelId,
    durationMs: file.durationMs,
  });
  if (step.verb === 'convert') return named(convertFormat(step, file.format));
  if (step.verb !== 'generate') return named(file.format);
  const model = models.find((one) => one.id === step.modelId);
  const kind = model?.resultKind ?? 'image';
  if (model !== undefined && kind === 'text') {
    return { ...named(file.format), kind, ext: textExtension(completeSettings(model, step.settings)), modelId: step.modelId };
  }
  const format: MediaFormat = kind === 'image' ? 'png' : kind === 'video' ? 'mp4' : 'mp3';
  return { ...named(format), modelId: step.modelId };
}

/** A source, with its length where that is known: an item of a batch has it itself, a file of the library in its summary. */
type Source = Pick<SourceFile, 'name' | 'kind' | 'format'> & {
  readonly durationMs?: number | null;
  readonly summary?: SourceFile['summary'];
};

/**
 * Walks one file through all steps on paper: which jobs will run and which results come out, in the order of their numbers.
 * @param ask what the item itself asks for in the first step, whatever the file is
 */
export function planItem(source: Source, steps: readonly Step[], models: readonly Model[], ask: Ask | null = null): ItemPlan {
  const dot = source.name.lastIndexOf('.');
  const ownExt = formatByName(source.name) === source.format && dot > 0 ? source.name.slice(dot + 1).toLowerCase() : undefined;
  const ext = ownExt ?? FORMATS[source.format].extensions[0];
  const durationMs = source.durationMs ?? source.summary?.durationMs;
  let files: PlannedFile[] = [{ kind: source.kind, format: source.format, ext, verb: null, modelId: '', saved: false, durationMs }];
  const jobs: PlannedJob[] = [];
  const results: PlannedFile[] = [];
  let sends = 0;
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    const next: PlannedFile[] = [];
    for (const [place, file] of files.entries()) {
      const isAsked = index === 0 && ask !== null;
      const { kind } = file;
      if (kind === 'text' || (!isAsked && !stepApplies(step, kind, place, models))) {
        next.push(file);
        continue;
      }
      const asked = isAsked && step.verb === 'generate' ? { ...step, settings: { ...step.settings, ...ask.settings } } : step;
      const made = resultsOf(asked, file, models);
      jobs.push({ step, kind, format: file.format, results: made });
      if (step.verb === 'generate') sends += 1;
      const one = { ...after(asked, file, models), saved: step.keep && !isLast };
      for (let n = 0; n < made; n += 1) {
        next.push(one);
        if (one.saved) results.push(one);
      }
    }
    files = next;
  }
  results.push(...files.filter((file) => file.verb !== null && !file.saved));
  return { jobs, results, sends };
}

export type NameContext = { readonly template: string; readonly date: string; readonly hash: string; readonly index: number };

/** Final name of one result. @param n 1-based number within the item */
export function resultName(
  context: NameContext,
  sourceName: string,
  file: { readonly ext: string; readonly verb: string; readonly modelId: string },
  n: number,
): string {
  const dot = sourceName.lastIndexOf('.');
  const stem = renderName(context.template, {
    name: dot > 0 ? sourceName.slice(0, dot) : sourceName,
    index: context.index,
    variant: n,
    date: context.date,
    hash: context.hash,
    model: file.modelId,
    step: file.verb,
  });
  return safeFileName(stem, file.ext);
}

/** Day as people write it in names, in the machine's own time zone. */
export function localDay(at: number): string {
  const day = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** Where an item's results go below the output folder; every part is made safe. */
export function subfolderOf(source: SourceFile, keepTree: boolean): string {
  if (!keepTree) return '';
  const parts = relative(source.folder, source.path).split(sep).slice(0, -1);
  if (parts.includes('..')) return '';
  return parts.map((part) => safeFileName(part, '')).join(sep);
}

/** Two names in one folder that are the same on Windows and macOS give the same key. */
export const placeKey = (subfolder: string, name: string): string => foldName(`${subfolder}/${name}`);
