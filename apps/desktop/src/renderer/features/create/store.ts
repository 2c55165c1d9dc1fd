import { ResultKind } from '@pingplex/shared/contracts/http';
import type { CreateAgain, PromptTable, SourceRole, SourceView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { z } from 'zod';
import { create } from 'zustand';
import { useFiles } from '../files/index.ts';
import { useSession } from '../session/index.ts';
import { type Form, type Mode, mainRole, modelFor, takenKinds, takesFrames, takingFiles, withSource } from './model.ts';

type Value = string | number | boolean;
export type Panel = 'rows' | 'results' | 'history';

type State = Form & {
  readonly kind: ResultKind;
  /** Chosen models, by kind. */
  readonly modelIds: Readonly<Record<string, string>>;
  /** Settings that differ from a model's own, by model. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly panel: Panel;
  /** The film whose frame is being chosen, and what the frame is for. */
  readonly framing: { readonly fileId: MediaFileId; readonly role: SourceRole } | null;
  readonly masking: boolean;
  /** Sources of the kinds that are not open. */
  readonly kept: Readonly<Partial<Record<ResultKind, readonly SourceView[]>>>;
  /** Sources that could not be taken up again, told until the next change of sources. */
  readonly missing: readonly string[];
};

const PLACE = 'pingplex.create';
const value = z.union([z.string(), z.number(), z.boolean()]);
const Kept = z.object({
  kind: ResultKind,
  mode: z.enum(['one', 'many', 'table']),
  prompt: z.string().max(100_000),
  prompts: z.string().max(1_000_000),
  modelIds: z.record(z.string(), z.string()),
  settings: z.record(z.string(), z.record(z.string(), value)),
});

const FRESH: State = {
  kind: 'image',
  mode: 'one',
  prompt: '',
  prompts: '',
  sources: [],
  files: [],
  table: null,
  modelIds: {},
  settings: {},
  panel: 'results',
  framing: null,
  masking: false,
  kept: {},
  missing: [],
};

function restore(): Partial<State> {
  try {
    const kept = Kept.safeParse(JSON.parse(localStorage.getItem(PLACE) ?? 'null'));
    return kept.success ? kept.data : {};
  } catch {
    // An unreadable form is no loss: it starts empty.
    return {};
  }
}

/** What stands in the form. Files live as long as the app does, so that they aren't remembered; everything else is. */
export const useCreate = create<State>(() => ({ ...FRESH, ...restore() }));

let saving: ReturnType<typeof setTimeout> | undefined;
useCreate.subscribe(({ kind, mode, prompt, prompts, modelIds, settings }) => {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const text = JSON.stringify({ kind, mode, prompt, prompts: prompts.slice(0, 1_000_000), modelIds, settings });
    localStorage.setItem(PLACE, text);
  }, 300);
});

const set = (patch: Partial<State>): void => useCreate.setState(patch);
const currentModel = () => {
  const { kind, modelIds } = useCreate.getState();
  return modelFor(useSession.getState().models, kind, modelIds[kind]);
};

/** Each kind keeps its own sources; a model that can't do without takes those that are there. */
export function setKind(kind: ResultKind): void {
  useCreate.setState((state) => {
    if (kind === state.kind) return {};
    const kept = { ...state.kept, [state.kind]: state.sources };
    const model = modelFor(useSession.getState().models, kind, state.modelIds[kind]);
    const own = kept[kind] ?? [];
    const takesOver = own.length === 0 && model !== undefined && model.limits.minSources > 0;
    return { kind, kept, sources: takesOver ? state.sources : own, missing: [] };
  });
}
export const setMode = (mode: Mode): void => set({ mode, panel: mode === 'one' ? 'results' : 'rows' });
export const setPrompt = (prompt: string): void => set({ prompt });
export const setPrompts = (prompts: string): void => set({ prompts, panel: 'rows' });
export const setPanel = (panel: Panel): void => set({ panel });
export const setTable = (table: PromptTable | null): void => set({ table, panel: 'rows' });
export const setMasking = (masking: boolean): void => set({ masking });
export const setFraming = (framing: State['framing']): void => set({ framing });
export function setModel(id: string): void {
  useCreate.setState(({ kind, modelIds }) => ({ modelIds: { ...modelIds, [kind]: id } }));
}
export function setModelSettings(id: string, own: Readonly<Record<string, Value>>): void {
  useCreate.setState(({ settings }) => ({ settings: { ...settings, [id]: own } }));
}
export function setFiles(files: readonly MediaFileId[]): void {
  set({ files, panel: 'rows' });
}
export function removeSource(at: number): void {
  useCreate.setState(({ sources }) => {
    const gone = sources[at];
    const rest = sources.toSpliced(at, 1);
    // A mask means nothing without the picture that it was painted over.
    const isFirst = gone?.role === 'image' && sources.findIndex(({ role }) => role === 'image') === at;
    return { sources: isFirst ? rest.filter(({ role }) => role !== 'mask') : rest, missing: [] };
  });
}

/** Adds one source as it is, for the model that is open. */
export function putSource(source: SourceView): void {
  const model = currentModel();
  if (!model) return;
  useCreate.setState(({ sources }) => ({ sources: withSource(model, sources, source), missing: [] }));
}

/**
 * Takes files of the workspace into the form: as sources, or as the files that the prompts go over. A model that takes none makes room for
 * one that does; a film offers its frames where pictures are wanted.
 */
export function takeFiles(ids: readonly MediaFileId[], role?: SourceRole): void {
  let model = currentModel();
  if (!model) return;
  if (model.limits.maxSources === 0) {
    const other = takingFiles(useSession.getState().models, model);
    if (!other) return;
    setModel(other.id);
    model = other;
  }
  const { byId } = useFiles.getState();
  const kinds = takenKinds(model);
  const known = ids.flatMap((id) => byId.get(id) ?? []);
  const fitting = known.filter(({ kind }) => kinds.includes(kind));
  const film = known.find(({ kind }) => kind === 'video');
  if (fitting.length === 0 && film && takesFrames(model)) {
    set({ framing: { fileId: film.id, role: role ?? mainRole(model) } });
    return;
  }
  if (useCreate.getState().mode === 'many') {
    useCreate.setState(({ files }) => ({ files: [...new Set([...files, ...fitting.map(({ id }) => id)])], panel: 'rows' }));
    return;
  }
  for (const { id, name, kind } of fitting) putSource({ role: role ?? mainRole(model), fileId: id, name, kind });
}

/** Puts an earlier request into the form. */
export function takeUp({ modelId, prompt, settings, sources, missing }: CreateAgain): void {
  const model = useSession.getState().models.find(({ id }) => id === modelId);
  useCreate.setState((state) => ({
    ...(model === undefined ? {} : { kind: model.resultKind, modelIds: { ...state.modelIds, [model.resultKind]: modelId } }),
    mode: 'one',
    prompt,
    sources: [...sources],
    missing: [...missing],
    settings: { ...state.settings, [modelId]: { ...settings } },
    panel: 'results',
  }));
}
