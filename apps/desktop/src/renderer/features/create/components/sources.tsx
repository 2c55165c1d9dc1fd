import type { Model } from '@pingplex/shared/contracts/http';
import { mediaUrls, type SourceRole, type SourceView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { Brush, Film, Plus, X } from 'lucide-react';
import { type DragEvent, type ReactNode, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { addDropped, attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Notice } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { Thumb, useFiles } from '../../files/index.ts';
import { mainRole, takesFrames, usableSources } from '../model.ts';
import { removeSource, setFiles, setFraming, setMasking, takeFiles, useCreate } from '../store.ts';
import { DRAGGED, Tray } from './tray.tsx';

const thumbOf = (source: SourceView): string => ('fileId' in source ? mediaUrls.thumbnail(source.fileId) : mediaUrls.made(source.madeId));

function Tile({ source, label, onRemove, children }: { source: SourceView; label: string; onRemove: () => void; children?: ReactNode }) {
  const { t } = useTexts();
  return (
    <li
      data-testid="source"
      data-role={source.role}
      data-source-name={source.name}
      className="flex items-center gap-2 rounded-md border border-line bg-bg p-1.5"
    >
      <Thumb url={thumbOf(source)} kind={source.kind} className="size-12 shrink-0 rounded-sm" />
      <div className="min-w-0 flex-1">
        <div className="truncate" title={source.name}>
          {source.name}
        </div>
        <div className="text-xs text-muted">{label}</div>
      </div>
      {children}
      <IconButton label={t('create.source.remove', { name: source.name })} onClick={onRemove}>
        <X size={14} />
      </IconButton>
    </li>
  );
}

/** Files that prompts go over: a number and a way to empty it; the pairs are in the list. */
function ManyFiles({ files }: { files: readonly MediaFileId[] }) {
  const { t } = useTexts();
  if (files.length === 0) return null;
  return (
    <div className="flex items-center gap-2" data-testid="many-files">
      <span className="flex-1">{t('workspace.files', { count: files.length })}</span>
      <Button look="ghost" onClick={() => setFiles([])}>
        {t('create.source.clear')}
      </Button>
    </div>
  );
}

/** Takes files that are dragged here, from the tray or from outside. */
function DropZone({ model, role, children }: { model: Model; role?: SourceRole; children: ReactNode }) {
  const { problem } = useTexts();
  const [over, setOver] = useState(false);
  const carries = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes('Files') || dataTransfer.types.includes(DRAGGED);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const id = event.dataTransfer.getData(DRAGGED);
    if (id !== '') {
      takeFiles([id as MediaFileId], role);
      return;
    }
    const dropped = [...event.dataTransfer.files];
    if (dropped.length === 0) return;
    void attempt(() => addDropped(dropped)).then(({ value, error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else takeSoon(value.ids ?? [], role);
    });
  };
  return (
    <section
      data-testid="source-drop"
      aria-label={model.label.en}
      onDragOver={(event) => {
        if (!carries(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        'flex flex-col gap-2 rounded-lg border border-dashed p-2',
        over ? 'border-accent bg-accent-soft' : 'border-line-strong',
      )}
    >
      {children}
    </section>
  );
}

/** Takes files once the window knows them: their rows come a moment after they were added. */
export function takeSoon(ids: readonly MediaFileId[], role?: SourceRole): void {
  const isThere = (): boolean => ids.every((id) => useFiles.getState().byId.has(id));
  if (ids.length === 0) return;
  if (isThere()) {
    takeFiles(ids, role);
    return;
  }
  const stop = useFiles.subscribe(() => {
    if (!isThere()) return;
    stop();
    takeFiles(ids, role);
  });
}

/** The files of a request: those that were chosen, a place to drop more, and the workspace to choose from. */
export function Sources({ model }: { model: Model }) {
  const { t, problem } = useTexts();
  const mode = useCreate((state) => state.mode);
  const all = useCreate((state) => state.sources);
  const files = useCreate((state) => state.files);
  const missing = useCreate((state) => state.missing);
  const films = useFiles((state) => state.order.some((id) => state.byId.get(id)?.kind === 'video' && state.rev >= 0));
  if (model.limits.maxSources === 0) return null;
  const sources = usableSources(model, all);
  const isFilm = model.capability === 'imageToVideo';
  const label = (source: SourceView, place: number): string =>
    source.role === 'mask'
      ? t('create.role.mask')
      : source.role === 'lastFrame'
        ? t('create.role.lastFrame')
        : isFilm
          ? t('create.role.firstFrame')
          : place === 0
            ? t('create.role.source')
            : t('create.role.reference');
  const choose = async (role?: SourceRole): Promise<void> => {
    const { value, error } = await attempt(() => call('library.addByDialog', { what: 'files' }));
    if (error) toast('bad', problem(error).title, problem(error).next);
    else if (value) takeSoon(value.ids ?? [], role);
  };
  const firstFilm = (): MediaFileId | undefined => {
    const { order, byId } = useFiles.getState();
    return order.findLast((id) => byId.get(id)?.kind === 'video');
  };
  const frame = (role: SourceRole): void => {
    const fileId = firstFilm();
    if (fileId) setFraming({ fileId, role });
  };
  const isMany = mode === 'many';
  const mainCount = sources.filter(({ role }) => role === mainRole(model)).length;
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-sm text-muted">
        {isMany
          ? t('create.source.over')
          : model.limits.maxSources === 1
            ? t('create.source.single')
            : t('create.source.label', { count: model.limits.maxSources })}
      </span>
      {missing.length > 0 ? (
        <Notice tone="warn" title={t('create.source.gone')}>
          {missing.join(', ')}
        </Notice>
      ) : null}
      <DropZone model={model}>
        {isMany ? (
          <ManyFiles files={files} />
        ) : (
          <ul className="flex flex-col gap-1.5 empty:hidden">
            {sources.map((source, place) => (
              <Tile
                key={`${source.role} ${'fileId' in source ? source.fileId : source.madeId}`}
                source={source}
                label={label(source, place)}
                onRemove={() => removeSource(all.indexOf(source))}
              >
                {place === 0 && model.limits.mask === true && source.kind === 'image' ? (
                  <Button onClick={() => setMasking(true)} data-testid="paint-mask">
                    <Brush size={14} aria-hidden />
                    {t('create.mask.paint')}
                  </Button>
                ) : null}
              </Tile>
            ))}
          </ul>
        )}
        <div className="flex flex-wrap items-center gap-1.5">
          <Button look="ghost" onClick={() => void choose()}>
            <Plus size={14} aria-hidden />
            {isMany || mainCount === 0 || !isFilm ? t('actions.addFiles') : t('create.source.change')}
          </Button>
          {!isMany && isFilm && model.limits.lastFrame === true ? (
            <Button look="ghost" onClick={() => void choose('lastFrame')}>
              <Plus size={14} aria-hidden />
              {t('create.role.lastFrame')}
            </Button>
          ) : null}
          {!isMany && takesFrames(model) ? (
            <Button look="ghost" disabled={!films} onClick={() => frame(mainRole(model))} data-testid="from-film">
              <Film size={14} aria-hidden />
              {t('create.frame.open')}
            </Button>
          ) : null}
        </div>
        <Tray model={model} />
      </DropZone>
    </div>
  );
}
