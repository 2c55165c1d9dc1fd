import type { Model } from '@pingplex/shared/contracts/http';
import type { CreateRow, CreateSource, MediaFileView, RowProblem, SourceRole } from '@pingplex/shared/contracts/ipc';
import { checkName, FORMATS, type MediaFormat, type MediaKind, type SettingsValues } from '@pingplex/shared/domain';
import { toAppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { AskedItem, SourceFile } from '../batches/index.ts';
import type { AskSource } from '../db/index.ts';
import { completeSettings, priceFor, schemaOf } from '../generations/index.ts';
import { cellProblem, readCells } from './cells.ts';

/** A file of the workspace, with the path that only main knows. */
export type WorkspaceFile = { readonly path: string; readonly root: string; readonly view: MediaFileView };
type Sized = { readonly sizeBytes: number; readonly modifiedAtMs: number; readonly width: number; readonly height: number };
export type FilePort = {
  readonly get: (id: string) => WorkspaceFile | undefined;
  /** Every file of this name, upper and lower case alike. */
  readonly named: (name: string) => readonly WorkspaceFile[];
  readonly made: (id: string) => (Sized & { readonly path: string; readonly name: string }) | undefined;
};

type Row = z.output<typeof CreateRow>;
type Found = Omit<RowProblem, 'row'>;
export type CheckedRow = { readonly item: AskedItem | null; readonly problems: readonly RowProblem[] };

/** Typical size of a result, for the space on the disk. */
const RESULT_BYTES: Readonly<Record<Model['resultKind'], number>> = { image: 2_000_000, video: 12_000_000, audio: 1_500_000, text: 20_000 };
const NAME_CHARS = 60;

/** A file name out of a prompt: its first words, without what a name can't have. */
export function nameFromPrompt(prompt: string): string {
  const words = prompt
    .normalize('NFC')
    .replaceAll(/[<>:"/\\|?*.\p{Cc}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const cut = words.length <= NAME_CHARS ? words : words.slice(0, NAME_CHARS).replace(/\s+\S*$/, '');
  return cut.replace(/[\s,;!-]+$/, '') || 'prompt';
}

/** An item without a source has the kind of its result; a text, which is no medium, goes as a small picture would. */
const formatOf = (model: Model): MediaFormat => (model.resultKind === 'video' ? 'mp4' : model.resultKind === 'audio' ? 'mp3' : 'png');

/** Stands for the source where there is none: no path, and the size that a result usually has. */
function noSource(model: Model, name: string): SourceFile {
  const format = formatOf(model);
  const { kind } = FORMATS[format];
  return { path: '', folder: '', name, sizeBytes: RESULT_BYTES[model.resultKind], modifiedAtMs: 0, kind, format, summary: null };
}

type Picked = { readonly source: AskSource; readonly file: SourceFile; readonly isReady: boolean };

function pick(files: FilePort, role: SourceRole, source: CreateSource): Picked | undefined {
  if ('fileId' in source) {
    const found = files.get(source.fileId);
    return found === undefined ? undefined : fromWorkspace(role, found);
  }
  const made = files.made(source.madeId);
  if (made === undefined) return undefined;
  const { path, name, sizeBytes, modifiedAtMs, width, height } = made;
  const common = { path, name, format: 'png', kind: 'image' } as const;
  return {
    source: { role, ...common, fileId: null, madeId: source.madeId },
    file: { ...common, folder: '', sizeBytes, modifiedAtMs, summary: { width, height } },
    isReady: true,
  };
}

function fromWorkspace(role: SourceRole, { path, root, view }: WorkspaceFile): Picked {
  const { id, name, sizeBytes, modifiedAt, kind, format, summary, state } = view;
  return {
    source: { role, path, name, format, kind, fileId: id, madeId: null },
    file: { path, folder: root, name, sizeBytes, modifiedAtMs: modifiedAt, kind, format, summary },
    isReady: state !== 'missing' && state !== 'failed',
  };
}

/** Role that a file plays when nobody said. */
export const roleFor = (model: Model): SourceRole => (model.capability === 'transcript' ? 'audio' : 'image');

/** Kinds of files that a model takes; a transcript also takes films, whose sound is sent. */
export function sourceKinds(model: Model): readonly MediaKind[] {
  const kinds = (['image', 'video', 'audio'] as const).filter((kind) =>
    model.limits.sourceMimes.some((mime) => mime.startsWith(`${kind}/`)),
  );
  return kinds.includes('audio') && !kinds.includes('video') ? [...kinds, 'video'] : kinds;
}

function sourcesOf(model: Model, row: Row, shared: FilePort, found: Found[]): Picked[] {
  const picked: Picked[] = [];
  const wanted = [...row.sources];
  if (row.file !== undefined && row.file !== '') {
    const named = shared.named(row.file);
    const [only] = named;
    if (only === undefined) found.push({ column: 'file', code: 'fileUnknown', what: row.file });
    else if (named.length > 1) found.push({ column: 'file', code: 'fileTwice', what: row.file });
    else {
      const taken = wanted.findIndex(({ role }) => role === roleFor(model));
      const own = { role: roleFor(model), fileId: only.view.id };
      // The file of a row goes before the one of all rows.
      if (taken >= 0) wanted.splice(taken, 1, own);
      else wanted.unshift(own);
    }
  }
  for (const source of wanted) {
    const one = pick(shared, source.role, source);
    if (one === undefined) found.push({ column: 'file', code: 'fileUnknown', what: '' });
    else if (!one.isReady) found.push({ column: 'file', code: 'fileNotReady', what: one.source.name });
    else picked.push(one);
  }
  checkSources(model, picked, found, row.file !== undefined);
  return picked;
}

/** What is wrong with the size of a picture, as far as it is known. */
function wrongSides({ limits: { sourceSides } }: Model, summary: SourceFile['summary']): Pick<Found, 'what' | 'allowed'> | null {
  const { width, height } = summary ?? {};
  if (sourceSides === undefined || width === undefined || height === undefined) return null;
  const { min, max, maxRatio } = sourceSides;
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short >= min && long <= max && long <= short * maxRatio) return null;
  return { what: `${width} × ${height}`, allowed: `${min}–${max}, 1:${maxRatio}` };
}

function checkSources(model: Model, picked: readonly Picked[], found: Found[], isNamed: boolean): void {
  const { minSources, maxSources, lastFrame, mask } = model.limits;
  const kinds = sourceKinds(model);
  const main = picked.filter(({ source }) => source.role === 'image' || source.role === 'audio');
  for (const { source } of main) {
    if (!kinds.includes(source.kind) && maxSources > 0) {
      found.push({ column: 'file', code: 'sourceKind', what: source.name, allowed: kinds.join(' ') });
    }
  }
  for (const { source, file } of picked) {
    const wrong = source.kind === 'image' && source.role !== 'mask' ? wrongSides(model, file.summary) : null;
    if (wrong !== null) found.push({ column: 'file', code: 'sourceSize', ...wrong });
  }
  const isAllowed = (role: SourceRole, may: boolean | undefined): boolean =>
    picked.filter(({ source }) => source.role === role).length <= (may === true ? 1 : 0);
  const isTooMany = main.length > maxSources || !isAllowed('lastFrame', lastFrame) || !isAllowed('mask', mask);
  if (isTooMany) found.push({ column: 'file', code: 'sourceTooMany', what: String(main.length), allowed: String(maxSources) });
  // A file that was named and isn't there is told already.
  if (main.length < minSources && !(isNamed && found.some(({ column }) => column === 'file'))) {
    found.push({ column: 'file', code: 'sourceMissing', what: String(main.length), allowed: String(minSources) });
  }
}

function settingsOf(model: Model, common: SettingsValues, row: Row, found: Found[]): { own: SettingsValues; all: SettingsValues } {
  const { values, problems } = readCells(model, row.cells ?? {});
  found.push(...problems);
  const all = completeSettings(model, { ...common, ...values });
  if (problems.length > 0) return { own: values, all };
  const verdict = schemaOf(model).safeParse(all);
  if (!verdict.success) {
    for (const issue of verdict.error.issues) found.push(cellProblem(model, issue, all));
  }
  return { own: values, all };
}

/**
 * Checks one row against the model: its prompt, its name, its files, its settings, its price.
 * @returns the item that would run, or what is wrong, by column
 */
export function checkRow(model: Model, common: SettingsValues, row: Row, position: number, files: FilePort): CheckedRow {
  const found: Found[] = [];
  const { limits } = model;
  const prompt = row.prompt.trim();
  if (prompt === '' && limits.promptOptional !== true) found.push({ column: 'prompt', code: 'promptEmpty', what: '' });
  if (prompt.length > limits.maxPromptChars) {
    found.push({ column: 'prompt', code: 'promptTooLong', what: String(prompt.length), allowed: String(limits.maxPromptChars) });
  }
  if (row.name !== undefined && checkName(`${row.name}.x`).length > 0) found.push({ column: 'name', code: 'nameUnusable', what: row.name });
  const { own, all } = settingsOf(model, common, row, found);
  const picked = sourcesOf(model, row, files, found);
  let credits = 0;
  if (found.length === 0) {
    try {
      credits = priceFor(model, all, measuresOf(prompt, picked)).credits;
    } catch (thrown) {
      found.push({ column: toAppError(thrown).field ?? '', code: 'settingInvalid', what: '' });
    }
  }
  if (found.length > 0) return { item: null, problems: found.map((one) => ({ ...one, row: position })) };
  const first = picked.find(({ source }) => source.role === 'image' || source.role === 'audio');
  const name = row.name ?? first?.file.name ?? nameFromPrompt(prompt);
  const shown = row.name?.includes('.') === true ? `${row.name}${extensionOf(first?.file.name ?? '')}` : name;
  const source = first === undefined ? noSource(model, shown) : { ...first.file, name: shown };
  const ask = { prompt, settings: own, sources: picked.map((one) => one.source) };
  return { item: { source, fileId: first?.source.fileId ?? null, ask, position, credits }, problems: [] };
}

/** Results lose what follows the last dot of a source's name; a name that was given keeps its own dots before this one. */
const extensionOf = (sourceName: string): string => /\.[^.]*$/.exec(sourceName)?.[0] ?? '.x';

function measuresOf(prompt: string, picked: readonly Picked[]) {
  const lengths = picked.map(({ file }) => file.summary?.durationMs ?? 0);
  return { prompt, sources: picked.length, sourceSeconds: lengths.reduce((sum, ms) => sum + ms, 0) / 1000 };
}
