import type { Model } from '@pingplex/shared/contracts/http';
import type { MediaFileId } from '@pingplex/shared/domain';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Button } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { FileThumb, useFile, useFiles } from '../../files/index.ts';
import { takenKinds, takesFrames } from '../model.ts';
import { setFiles, takeFiles, useCreate } from '../store.ts';

/** What a file of the workspace is dragged as inside the window. */
export const DRAGGED = 'application/x-pingplex-file';
const TILE = 60;

function TrayTile({ id }: { id: MediaFileId }) {
  const { t } = useTexts();
  const file = useFile(id);
  const isUsed = useCreate((state) =>
    state.mode === 'many' ? state.files.includes(id) : state.sources.some((one) => 'fileId' in one && one.fileId === id),
  );
  if (!file) return null;
  return (
    <button
      type="button"
      draggable
      data-testid="tray-file"
      data-file-name={file.name}
      aria-pressed={isUsed}
      aria-label={t('create.source.use', { name: file.name })}
      title={file.name}
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAGGED, id);
        event.dataTransfer.effectAllowed = 'copy';
      }}
      onClick={() => {
        const { mode, files } = useCreate.getState();
        if (mode === 'many' && files.includes(id)) setFiles(files.filter((one) => one !== id));
        else takeFiles([id]);
      }}
      className={cx(
        'block size-14 overflow-hidden rounded-md border-2 transition-colors',
        isUsed ? 'border-accent' : 'border-transparent hover:border-line-strong',
      )}
    >
      <FileThumb id={id} kind={file.kind} broken={file.state === 'failed' || file.state === 'missing'} className="size-full" />
    </button>
  );
}

/** The files of the workspace that the model can use, newest first: to be clicked or dragged. Thousands cost no more than a screenful. */
export function Tray({ model }: { model: Model }) {
  const { t } = useTexts();
  const scroller = useRef<HTMLDivElement>(null);
  const order = useFiles((state) => state.order);
  const rev = useFiles((state) => state.order.length);
  const mode = useCreate((state) => state.mode);
  const ids = useMemo(() => {
    const { byId } = useFiles.getState();
    const kinds = takenKinds(model);
    const withFilms = takesFrames(model) && mode !== 'many';
    return rev === 0
      ? []
      : order
          .filter((id) => {
            const kind = byId.get(id)?.kind;
            return kind !== undefined && (kinds.includes(kind) || (withFilms && kind === 'video'));
          })
          .toReversed();
  }, [order, rev, model, mode]);
  const tiles = useVirtualizer({
    horizontal: true,
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE,
    getItemKey: (at) => ids[at] ?? at,
    overscan: 4,
  });
  if (ids.length === 0) return <p className="px-1 text-xs text-muted">{t('create.source.dropHint')}</p>;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-2 text-xs text-muted">
        <span className="flex-1">{t('create.source.tray', { count: ids.length })}</span>
        {mode === 'many' ? (
          <Button look="ghost" className="h-6 px-1.5 text-xs" onClick={() => takeFiles([...ids].reverse())} data-testid="take-all">
            {t('create.source.takeAll')}
          </Button>
        ) : null}
      </div>
      <div ref={scroller} className="overflow-x-auto pb-1" data-testid="tray" tabIndex={-1}>
        <div className="relative h-14" style={{ width: tiles.getTotalSize() }}>
          {tiles.getVirtualItems().map((tile) => (
            <div key={tile.key} className="absolute top-0 left-0" style={{ transform: `translateX(${tile.start}px)` }}>
              <TrayTile id={ids[tile.index] as MediaFileId} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
