import type { Model } from '@pingplex/shared/contracts/http';
import { type CreateCheck, type IpcInput, MAX_CREATE_ROWS } from '@pingplex/shared/contracts/ipc';
import { GenerateStep } from '@pingplex/shared/domain';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../i18n/index.ts';
import { attempt, call } from '../../lib/ipc.ts';
import { toast } from '../../ui/toasts.tsx';
import { chooseOutput } from '../run/index.ts';
import { useSession, useSettings } from '../session/index.ts';
import { modelFor, rowsOf } from './model.ts';
import { setPanel, useCreate } from './store.ts';

type Order = IpcInput<'create.check'>;

/** The model that is open; undefined while the catalogue has none of this kind. */
export function useModel(): Model | undefined {
  const models = useSession((state) => state.models);
  const kind = useCreate((state) => state.kind);
  const chosen = useCreate((state) => state.modelIds[state.kind]);
  return useMemo(() => modelFor(models, kind, chosen), [models, kind, chosen]);
}

const PAUSE_MS = 250;
const NONE: Readonly<Record<string, string | number | boolean>> = {};

type Answer = { readonly order: Order | null; readonly check: CreateCheck | null; readonly error: unknown };

/** Asks main for prices and problems once the user pauses; only the answer to the newest question is shown. */
function useCheck(order: Order | null, turn: unknown): Answer & { pending: boolean } {
  const [answer, setAnswer] = useState<Answer>({ order: null, check: null, error: null });
  const [pending, setPending] = useState(false);
  useEffect(() => {
    // Signing in or out, another balance and another list of files change what a check says.
    if (order === null || turn === undefined) {
      setAnswer({ order: null, check: null, error: null });
      setPending(false);
      return;
    }
    let isNewest = true;
    setPending(true);
    const timer = setTimeout(() => {
      void attempt(() => call('create.check', order)).then(({ value, error }) => {
        if (!isNewest) return;
        setAnswer({ order, check: value, error });
        setPending(false);
      });
    }, PAUSE_MS);
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  }, [order, turn]);
  return { ...answer, pending };
}

/** Everything that the bar needs to show a run before it, and to start it. */
export function useCreateRun(model: Model | undefined) {
  const texts = useTexts();
  const { mode, prompt, prompts, sources, files, table } = useCreate();
  const own = useCreate((state) => (model === undefined ? undefined : state.settings[model.id])) ?? NONE;
  const settings = useSettings();
  const folder = useSession((state) => state.app?.outputFolder ?? null);
  const account = useSession((state) => state.app?.account?.id ?? null);
  const available = useSession((state) => state.app?.wallet?.available ?? null);
  const folderId = folder?.id ?? null;
  const [starting, setStarting] = useState(false);
  const [startError, setStartError] = useState<unknown>(null);

  const rows = useMemo(
    () => (model === undefined ? [] : rowsOf(model, { mode, prompt, prompts, sources, files, table })),
    [model, mode, prompt, prompts, sources, files, table],
  );
  const output = useMemo(
    () => ({ folderId, template: settings.template, conflict: settings.conflict, keepTree: settings.keepTree }),
    [folderId, settings.template, settings.conflict, settings.keepTree],
  );
  const order = useMemo<Order | null>(
    () =>
      model === undefined || rows.length === 0 || rows.length > MAX_CREATE_ROWS
        ? null
        : { modelId: model.id, settings: { ...own }, rows: [...rows], output },
    [model, own, rows, output],
  );
  const { check, error: checkError, pending, order: checked } = useCheck(order, `${account} ${available}`);
  const steps = useMemo(
    () => (model === undefined ? [] : [GenerateStep.parse({ verb: 'generate', modelId: model.id, prompt: '—' })]),
    [model],
  );
  const findings = check?.findings ?? [];
  const blocked = findings.some((finding) => finding.level === 'error' && finding.error?.code !== 'output.folderMissing');
  const good = rows.length - (check?.problemRows.length ?? 0);
  const ready = order !== null && checked === order && check !== null && !blocked && good > 0 && !starting && model?.available === true;

  const latest = useRef({ ready, order, folderId });
  latest.current = { ready, order, folderId };

  const start = async (): Promise<void> => {
    const { ready: isReady, order: wanted, folderId: chosen } = latest.current;
    if (!isReady || wanted === null) return;
    setStarting(true);
    setStartError(null);
    const { error } = await attempt(async () => {
      const into = chosen ?? (await chooseOutput());
      if (into === null) return;
      const started = await call('create.start', { ...wanted, output: { ...wanted.output, folderId: into }, leaveOut: mode !== 'one' });
      setPanel('results');
      if (started.rows > 1) toast('ok', texts.t('create.started', { count: started.rows }), texts.t('run.startedText'));
    });
    setStartError(error);
    setStarting(false);
  };

  return { rows, check, checkError, pending, findings, blocked, good, ready, starting, startError, start, settings, folder, steps };
}
export type CreateRun = ReturnType<typeof useCreateRun>;
