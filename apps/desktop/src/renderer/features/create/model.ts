import { type Model, ResultKind } from '@pingplex/shared/contracts/http';
import {
  type CreateRow,
  type CreateSource,
  MAX_CREATE_ROWS,
  type PromptTable,
  type SourceRole,
  type SourceView,
} from '@pingplex/shared/contracts/ipc';
import { type MediaFileId, MediaKind } from '@pingplex/shared/domain';

/** One request, prompts over files, or a table. */
export type Mode = 'one' | 'many' | 'table';

/** What can be made, in a fixed order: the kinds that the catalogue has a model for. */
export function kindsOf(models: readonly Model[]): ResultKind[] {
  return ResultKind.options.filter((kind) => models.some((model) => model.resultKind === kind));
}

/** The model that is open for a kind: the chosen one while it is offered, else the first that can be had. */
export function modelFor(models: readonly Model[], kind: ResultKind, chosen: string | undefined): Model | undefined {
  const offered = models.filter((model) => model.resultKind === kind);
  return offered.find(({ id }) => id === chosen) ?? offered.find(({ available }) => available) ?? offered[0];
}

/** A model of the same kind that takes files, of the same maker where there is one; for when a file comes to one that takes none. */
export function takingFiles(models: readonly Model[], model: Model): Model | undefined {
  const taking = models.filter((one) => one.resultKind === model.resultKind && one.available && one.limits.maxSources > 0);
  return taking.find(({ provider }) => provider === model.provider) ?? taking[0];
}

/** Kinds of files that a model takes as they are. */
export function takenKinds({ limits, capability }: Model): MediaKind[] {
  const kinds = MediaKind.options.filter((kind) => limits.sourceMimes.some((mime) => mime.startsWith(`${kind}/`)));
  return capability === 'transcript' && !kinds.includes('video') ? [...kinds, 'video'] : kinds;
}

/** True when a frame of a film may stand in for a picture. */
export const takesFrames = (model: Model): boolean => takenKinds(model).includes('image') && !takenKinds(model).includes('video');

/** What the file of one's own choice is for. */
export const mainRole = ({ capability }: Model): SourceRole => (capability === 'transcript' ? 'audio' : 'image');

/** Puts a file among the sources: it takes the place of the one that it replaces, or the end of the row while there is room. */
export function withSource(model: Model, sources: readonly SourceView[], added: SourceView): SourceView[] {
  const isSame = (one: SourceView): boolean =>
    one.role === added.role &&
    ('fileId' in one ? 'fileId' in added && one.fileId === added.fileId : 'madeId' in added && one.madeId === added.madeId);
  if (sources.some(isSame)) return [...sources];
  if (added.role !== mainRole(model)) return [...sources.filter(({ role }) => role !== added.role), added];
  const own = sources.filter(({ role }) => role === added.role);
  const others = sources.filter(({ role }) => role !== added.role);
  // A mask belongs to the picture that it was painted over.
  const kept = own.length >= model.limits.maxSources ? others.filter(({ role }) => role !== 'mask') : others;
  return [...[...own, added].slice(-Math.max(1, model.limits.maxSources)), ...kept];
}

/** Sources that the model takes; what another model was given stays in the form for it. */
export function usableSources(model: Model, sources: readonly SourceView[]): SourceView[] {
  const { maxSources, lastFrame, mask } = model.limits;
  if (maxSources === 0) return [];
  const main = sources.filter(({ role }) => role === mainRole(model)).slice(0, maxSources);
  return [
    ...main,
    ...sources.filter(({ role }) => (role === 'lastFrame' && lastFrame === true) || (role === 'mask' && mask === true && main.length > 0)),
  ];
}

const bare = (source: SourceView): CreateSource =>
  'fileId' in source ? { role: source.role, fileId: source.fileId } : { role: source.role, madeId: source.madeId };

/** Prompts of a text, one a line. */
export const promptLines = (text: string): string[] =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

export type Form = {
  readonly mode: Mode;
  readonly prompt: string;
  readonly prompts: string;
  readonly sources: readonly SourceView[];
  readonly files: readonly MediaFileId[];
  readonly table: PromptTable | null;
};

/** The requests that a form stands for: every pair of prompt and file, every line of the table, or the one request. */
export function rowsOf(model: Model, form: Form): CreateRow[] {
  const sources = usableSources(model, form.sources).map(bare);
  switch (form.mode) {
    case 'one':
      return form.prompt.trim() === '' && model.limits.promptOptional !== true ? [] : [{ prompt: form.prompt, sources }];
    case 'many': {
      const prompts = promptLines(form.prompts);
      const takes = model.limits.maxSources > 0 && form.files.length > 0;
      const asked = prompts.length === 0 && model.limits.promptOptional === true && takes ? [''] : prompts;
      if (!takes) return asked.slice(0, MAX_CREATE_ROWS + 1).map((prompt) => ({ prompt, sources: [] }));
      const role = mainRole(model);
      // One more than a run takes says that there are too many; a thousand prompts over ten thousand files are never listed.
      const rows: CreateRow[] = [];
      for (const prompt of asked) {
        for (const fileId of form.files) {
          if (rows.length > MAX_CREATE_ROWS) return rows;
          rows.push({ prompt, sources: [{ role, fileId }] });
        }
      }
      return rows;
    }
    case 'table':
      return (form.table?.rows ?? []).map(({ prompt, name, file, cells }) => ({
        prompt,
        sources,
        cells,
        ...(name === undefined ? {} : { name }),
        ...(file === undefined ? {} : { file }),
      }));
  }
}
