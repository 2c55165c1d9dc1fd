import { FolderPlus, Inbox, PanelRight, Search, SearchX } from 'lucide-react';
import { useRef } from 'react';
import { hintOf, runAction, useActions } from '../actions/index.ts';
import { takeFiles } from '../features/create/index.ts';
import {
  AddReportNotice,
  DropArea,
  FileGrid,
  FileTable,
  pickAll,
  pickNone,
  reloadFiles,
  removeFiles,
  setQuery,
  showLarge,
  targetIds,
  useFiles,
  useView,
} from '../features/files/index.ts';
import { askExport, ExportDialog, Inspector, LargePreview } from '../features/inspector/index.ts';
import { ExampleCards } from '../features/recipes/index.ts';
import { RecipeBar } from '../features/run/index.ts';
import { setSettings, useSettings } from '../features/session/index.ts';
import { useTexts } from '../i18n/index.ts';
import { attempt, call } from '../lib/ipc.ts';
import { Button, IconButton, Kbd } from '../ui/button.tsx';
import { Empty, Progress } from '../ui/feedback.tsx';
import { Segments } from '../ui/fields.tsx';
import { toast } from '../ui/toasts.tsx';

function Header({ search }: { search: React.RefObject<HTMLInputElement | null> }) {
  const { t, format } = useTexts();
  const files = useFiles((state) => state.order.length);
  const bytes = useFiles((state) => state.bytes);
  const reading = useFiles((state) => state.reading);
  const shown = useView((state) => state.visible.length);
  const selected = useView((state) => state.selection.ids.size);
  const query = useView((state) => state.query);
  const { view, inspectorOpen } = useSettings();
  return (
    <header className="flex h-12 items-center gap-2.5 border-line border-b px-3.5">
      <h1 className="shrink-0 font-semibold">{t('nav.workspace')}</h1>
      <span className="min-w-0 truncate text-muted" data-testid="counts" aria-live="polite">
        {[
          t('workspace.files', { count: files }),
          files > 0 ? format.bytes(bytes) : null,
          query !== '' ? t('workspace.shown', { count: shown }) : null,
          selected > 0 ? t('workspace.selected', { count: selected }) : null,
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
      {reading > 0 ? (
        // Not in the live region beside it: a number that falls several times a second is nothing to read aloud.
        <span className="shrink-0 text-muted" data-testid="reading">
          {t('workspace.reading', { count: reading })}
        </span>
      ) : null}
      <div className="relative ml-auto w-72 min-w-28 shrink">
        <Search size={15} className="pointer-events-none absolute top-2 left-2.5 text-faint" aria-hidden />
        <input
          ref={search}
          type="search"
          aria-label={t('workspace.search')}
          placeholder={t('workspace.searchHint')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            setQuery('');
            event.currentTarget.blur();
          }}
          className="selectable h-7.5 w-full rounded-md border border-line-strong bg-transparent pr-2 pl-8 hover:border-faint [&::-webkit-search-cancel-button]:appearance-none"
        />
        {query === '' ? (
          <span className="pointer-events-none absolute top-1.25 right-2 max-[1100px]:hidden">
            <Kbd>{hintOf('palette.open')}</Kbd>
          </span>
        ) : null}
      </div>
      <Segments
        label={t('workspace.view')}
        value={view}
        options={[
          { value: 'grid', label: t('workspace.grid') },
          { value: 'table', label: t('workspace.table') },
        ]}
        onValue={(next) => void setSettings({ view: next })}
      />
      <Button onClick={() => runAction('files.add')}>{t('actions.addFiles')}</Button>
      <IconButton
        look="plain"
        label={t('actions.addFolder')}
        hint={hintOf('files.addFolder')}
        onClick={() => runAction('files.addFolder')}
        className="size-7.5"
      >
        <FolderPlus size={15} />
      </IconButton>
      <IconButton
        label={t('actions.inspector')}
        hint={hintOf('view.inspector')}
        aria-pressed={inspectorOpen}
        onClick={() => void setSettings({ inspectorOpen: !inspectorOpen })}
      >
        <PanelRight size={16} />
      </IconButton>
    </header>
  );
}

/** Nothing is here yet: the whole place takes drops, and three recipes show what can be done. */
function EmptyWorkspace() {
  const { t } = useTexts();
  return (
    <div className="grid h-full place-items-center overflow-y-auto p-6" data-testid="empty-workspace">
      <div className="flex w-full max-w-3xl flex-col items-center gap-3 rounded-lg border border-line-strong border-dashed px-8 py-10 text-center">
        <Inbox size={34} strokeWidth={1.3} className="text-faint" aria-hidden />
        <h2 className="font-semibold text-xl">{t('workspace.empty.title')}</h2>
        <p className="max-w-lg text-muted">{t('workspace.empty.text')}</p>
        <div className="flex gap-2">
          <Button look="primary" onClick={() => runAction('files.add')}>
            {t('actions.addFiles')}
          </Button>
          <Button onClick={() => runAction('files.addFolder')}>{t('actions.addFolder')}</Button>
        </div>
        <div className="mt-5 w-full">
          <p className="mb-2 text-sm text-muted">{t('workspace.empty.examples')}</p>
          <ExampleCards />
        </div>
      </div>
    </div>
  );
}

function List() {
  const { t, problem } = useTexts();
  const loaded = useFiles((state) => state.loaded);
  const files = useFiles((state) => state.order.length);
  const failure = useFiles((state) => state.loadError);
  const shown = useView((state) => state.visible.length);
  const query = useView((state) => state.query);
  const { view } = useSettings();
  if (!loaded) return <div aria-busy="true" className="h-full" />;
  if (failure) {
    return (
      <Empty icon={null} title={problem(failure).title} actions={<Button onClick={() => void reloadFiles()}>{t('common.retry')}</Button>}>
        {problem(failure).next}
      </Empty>
    );
  }
  if (files === 0) return <EmptyWorkspace />;
  if (shown === 0 && query !== '') {
    return (
      <Empty
        icon={<SearchX size={30} strokeWidth={1.4} />}
        title={t('workspace.nothingFound', { query })}
        actions={<Button onClick={() => setQuery('')}>{t('workspace.clearSearch')}</Button>}
      >
        {t('workspace.nothingFoundText')}
      </Empty>
    );
  }
  return view === 'grid' ? <FileGrid /> : <FileTable />;
}

/** Files, inspector and recipe bar: the whole job is done here. */
export function WorkspaceScreen() {
  const { t, problem } = useTexts();
  const search = useRef<HTMLInputElement>(null);
  const { inspectorOpen, gridSize } = useSettings();
  const files = useFiles((state) => state.order.length);
  const adding = useFiles((state) => state.adding);
  const selection = useView((state) => state.selection);
  const tell = ({ error }: { error: unknown }): void => {
    if (error) toast('bad', problem(error).title, problem(error).next);
  };
  const { focus } = selection;
  const exportChosen = (): void => {
    const chosen = targetIds(selection.ids, useView.getState().visible);
    if (chosen.length > 0) askExport(chosen);
  };
  const createFrom = (): void => {
    takeFiles(targetIds(selection.ids, useView.getState().visible));
    runAction('go.create');
  };
  useActions({
    'files.search': () => search.current?.focus(),
    'view.inspector': () => void setSettings({ inspectorOpen: !inspectorOpen }),
    'view.grid': () => void setSettings({ view: 'grid' }),
    'view.table': () => void setSettings({ view: 'table' }),
    'view.larger': () => void setSettings({ gridSize: Math.min(400, gridSize + 28) }),
    'view.smaller': () => void setSettings({ gridSize: Math.max(100, gridSize - 28) }),
    ...(files > 0 ? { 'files.selectAll': pickAll, 'files.exportMetadata': () => exportChosen() } : {}),
    ...(selection.ids.size > 0
      ? {
          'files.clearSelection': pickNone,
          'files.createFrom': createFrom,
          'files.remove': () => void attempt(() => removeFiles([...selection.ids])).then(tell),
        }
      : {}),
    ...(focus !== null
      ? {
          'files.preview': () => showLarge(focus),
          'files.reveal': () => void attempt(() => call('library.reveal', { id: focus })).then(tell),
        }
      : {}),
  });
  const inspector = inspectorOpen && files > 0;
  return (
    <div data-testid="screen-workspace" className="grid h-full min-h-0 grid-cols-[minmax(0,1fr)] grid-rows-[auto_1fr_auto]">
      <Header search={search} />
      <DropArea
        className={`grid min-h-0 ${inspector ? 'grid-cols-[minmax(0,1fr)_352px] max-[1100px]:grid-cols-[minmax(0,1fr)_324px]' : 'grid-cols-1'}`}
      >
        <div className="flex min-h-0 min-w-0 flex-col">
          {adding ? <Progress value={null} thin label={t('files.adding')} /> : null}
          <div className="px-3.5 empty:hidden [&:not(:empty)]:pt-3">
            <AddReportNotice />
          </div>
          <div className="min-h-0 flex-1">
            <List />
          </div>
        </div>
        {inspector ? <Inspector /> : null}
      </DropArea>
      <RecipeBar />
      <LargePreview />
      <ExportDialog />
    </div>
  );
}
