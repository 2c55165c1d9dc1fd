import type { PlanFinding } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { useEffect, useMemo, useState } from 'react';
import { useTexts } from '../../i18n/index.ts';
import { attempt, call } from '../../lib/ipc.ts';
import { toast } from '../../ui/toasts.tsx';
import { targetIds, useView } from '../files/index.ts';
import { missingIn, stepsLine, useDraft } from '../recipes/index.ts';
import { mergeSession, setSettings, useSession, useSettings } from '../session/index.ts';
import { estimateSoon, useEstimate } from './estimate.ts';

/** What the run would work on: the selection, or everything on screen. */
export function useTargets(): readonly MediaFileId[] {
  const ids = useView((state) => state.selection.ids);
  const visible = useView((state) => state.visible);
  // Taking files off the list changes the visible rows, so these two say all that matters.
  return useMemo(() => targetIds(ids, visible), [ids, visible]);
}

/** Lets the user choose the folder for results. @returns its id, or null when they changed their mind */
export async function chooseOutput(): Promise<string | null> {
  const folder = await call('app.chooseOutputFolder', {});
  if (!folder) return null;
  mergeSession({ outputFolder: folder });
  await setSettings({ outputFolderId: folder.id });
  return folder.id;
}

/** Everything that the bar needs to show a run before it, and to start it. */
export function useRun() {
  const texts = useTexts();
  const draft = useDraft();
  const targets = useTargets();
  const settings = useSettings();
  const folder = useSession((state) => state.app?.outputFolder ?? null);
  const account = useSession((state) => state.app?.account ?? null);
  const { estimate, error: estimateError, pending } = useEstimate();
  const [rights, setRights] = useState(false);
  const [starting, setStarting] = useState(false);
  const [startError, setStartError] = useState<unknown>(null);

  const steps = useMemo(() => draft.steps.map((one) => one.step), [draft.steps]);
  const complete = steps.length > 0 && steps.every((step) => missingIn(step) === null);
  const needsRights = steps.some((step) => step.verb === 'unicalize');
  const folderId = folder?.id ?? null;
  const output = useMemo(
    () => ({ folderId, template: settings.template, conflict: settings.conflict, keepTree: settings.keepTree }),
    [folderId, settings.template, settings.conflict, settings.keepTree],
  );
  const accountId = account?.id ?? null;
  useEffect(() => {
    // Signing in or out changes what a run costs and whether it may start.
    if (accountId !== undefined) estimateSoon(targets, complete ? steps : [], output);
    setStartError(null);
  }, [targets, steps, complete, output, accountId]);

  const findings = estimate?.findings ?? [];
  // A missing folder doesn't stop the button: pressing it asks for one first.
  const stops = (finding: PlanFinding): boolean => finding.level === 'error' && finding.error?.code !== 'output.folderMissing';
  const blocked = findings.some(stops);
  const ready = complete && targets.length > 0 && !blocked && !estimateError && (!needsRights || rights) && !starting;

  const start = async (): Promise<void> => {
    if (!ready) return;
    setStarting(true);
    setStartError(null);
    const { error } = await attempt(async () => {
      const chosen = folderId ?? (await chooseOutput());
      if (chosen === null) return;
      const name = draft.recipe?.name ?? stepsLine(steps, texts);
      await call('batches.start', {
        name: name.slice(0, 120),
        fileIds: [...targets],
        steps,
        output: { ...output, folderId: chosen },
        rightsConfirmed: needsRights && rights,
      });
      setRights(false);
      toast('ok', texts.t('run.started', { count: targets.length }), texts.t('run.startedText'));
    });
    setStartError(error);
    setStarting(false);
  };

  return {
    targets,
    steps,
    complete,
    needsRights,
    rights,
    setRights,
    folder,
    settings,
    estimate,
    estimateError,
    pending,
    findings,
    blocked,
    ready,
    starting,
    startError,
    start,
  };
}
export type Run = ReturnType<typeof useRun>;
