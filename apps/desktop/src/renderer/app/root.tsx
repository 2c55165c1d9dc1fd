import { Tooltip } from 'radix-ui';
import { useEffect, useState } from 'react';
import { runAction, useActions, useShortcuts } from '../actions/index.ts';
import { AccountScreen, copyDiagnostics } from '../features/account/index.ts';
import { QueueScreen, startBatches } from '../features/batches/index.ts';
import { CreateScreen } from '../features/create/index.ts';
import { addByDialog, startFiles, startView } from '../features/files/index.ts';
import { loadRecipes, RecipesScreen } from '../features/recipes/index.ts';
import { LibraryScreen } from '../features/results/index.ts';
import { setSettings, startSession, useAppearance, useSession, useSettings } from '../features/session/index.ts';
import { useTexts } from '../i18n/index.ts';
import { attempt, on } from '../lib/ipc.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Toasts, toast } from '../ui/toasts.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { LiveProgress } from './live.tsx';
import { Nav } from './nav.tsx';
import { Palette } from './palette.tsx';
import { go, type Screen, useRoute } from './route.ts';
import { WorkspaceScreen } from './workspace-screen.tsx';

const VIEWS: Record<Exclude<Screen, 'workspace'>, () => React.ReactNode> = {
  create: CreateScreen,
  queue: QueueScreen,
  library: LibraryScreen,
  recipes: RecipesScreen,
  account: AccountScreen,
};

/** Connects the stores with main for as long as the window lives. */
function useConnection(): { error: unknown; retry: () => void } {
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let stops: (() => void)[] = [];
    let ended = false;
    // The turn makes a retry connect anew.
    if (turn < 0) return;
    void attempt(startSession).then(({ value, error: failed }) => {
      setError(failed);
      if (!value) return;
      stops = [value, startFiles(), startView(), startBatches(), on('action.invoked', ({ id }) => runAction(id))];
      void loadRecipes();
      if (ended) for (const stop of stops) stop();
    });
    return () => {
      ended = true;
      for (const stop of stops) stop();
    };
  }, [turn]);
  return { error, retry: () => setTurn(turn + 1) };
}

function OtherScreen({ screen }: { screen: Exclude<Screen, 'workspace'> }) {
  const { t } = useTexts();
  const View = VIEWS[screen];
  return (
    <div className="grid h-full min-h-0 grid-rows-[auto_1fr]">
      <header className="flex h-12 items-center border-line border-b px-3.5">
        <h1 className="font-semibold">{t(`nav.${screen}`)}</h1>
      </header>
      <div className="min-h-0 overflow-y-auto" data-testid={`screen-${screen}`}>
        <View />
      </div>
    </div>
  );
}

/** The window: navigation, the open screen, and what floats over both. */
export function Root() {
  const { t, problem } = useTexts();
  const screen = useRoute((state) => state.screen);
  const ready = useSession((state) => state.app !== null);
  const { theme, language } = useSettings();
  const [palette, setPalette] = useState(false);
  const { error, retry } = useConnection();
  useAppearance();
  useShortcuts();
  useActions({
    'palette.open': () => setPalette(true),
    'files.add': () => {
      go('workspace');
      void addByDialog('files');
    },
    'files.addFolder': () => {
      go('workspace');
      void addByDialog('folder');
    },
    'go.workspace': () => go('workspace'),
    'go.create': () => go('create'),
    'go.queue': () => go('queue'),
    'go.library': () => go('library'),
    'go.recipes': () => go('recipes'),
    'go.account': () => go('account'),
    'view.theme': () =>
      void setSettings({
        theme: theme === 'dark' || (theme === 'system' && document.documentElement.dataset['theme'] === 'dark') ? 'light' : 'dark',
      }),
    'view.language': () =>
      void setSettings({ language: language === 'ru' || (language === 'system' && document.documentElement.lang === 'ru') ? 'en' : 'ru' }),
    'app.diagnostics': () =>
      void attempt(copyDiagnostics).then((answer) =>
        answer.error ? toast('bad', problem(answer.error).title, problem(answer.error).next) : toast('ok', t('settings.copied')),
      ),
  });
  if (error) {
    return (
      <Empty icon={null} title={problem(error).title} actions={<Button onClick={retry}>{t('common.retry')}</Button>}>
        {problem(error).next}
      </Empty>
    );
  }
  return (
    <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
      <div className="grid h-full grid-cols-[208px_minmax(0,1fr)] max-[1000px]:grid-cols-[176px_minmax(0,1fr)]" data-ready={ready}>
        <Nav />
        <main className="min-h-0 min-w-0">
          <ErrorBoundary key={screen} name={screen}>
            {!ready ? null : screen === 'workspace' ? <WorkspaceScreen /> : <OtherScreen screen={screen} />}
          </ErrorBoundary>
        </main>
      </div>
      <Palette open={palette} onOpenChange={setPalette} />
      <LiveProgress />
      <Toasts label={t('common.messages')} closeLabel={t('common.close')} />
    </Tooltip.Provider>
  );
}
