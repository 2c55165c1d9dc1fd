import type { PreviewView, SourceRole } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice, Progress } from '../../../ui/feedback.tsx';
import { Field, Select } from '../../../ui/fields.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { useFile, useFiles } from '../../files/index.ts';
import { VideoPreview } from '../../inspector/index.ts';
import { mainRole } from '../model.ts';
import { putSource, setFraming, useCreate } from '../store.ts';
import { useModel } from '../use-create-run.ts';

/** A film as the window can play it: the original, or a labelled stand-in where Chromium can't. */
function usePlayable(id: MediaFileId): { view: PreviewView | null; error: unknown; standIn: () => void } {
  const [view, setView] = useState<PreviewView | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isStandIn, setStandIn] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    setView(null);
    void attempt(() => call('library.preview', { id, standIn: isStandIn })).then((answer) => {
      if (!isCurrent) return;
      setView(answer.value);
      setError(answer.error);
    });
    return () => {
      isCurrent = false;
    };
  }, [id, isStandIn]);
  return { view, error, standIn: useCallback(() => setStandIn(true), []) };
}

function Chooser({ fileId, role }: { fileId: MediaFileId; role: SourceRole }) {
  const { t, format, problem } = useTexts();
  const model = useModel();
  const file = useFile(fileId);
  const order = useFiles((state) => state.order);
  const { view, error, standIn } = usePlayable(fileId);
  const at = useRef(0);
  const [shown, setShown] = useState(0);
  const [taking, setTaking] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const follow = useCallback((seconds: number) => {
    at.current = seconds;
    setShown(seconds);
  }, []);
  const films = useMemo(() => {
    const { byId } = useFiles.getState();
    return order.flatMap((id) => {
      const one = byId.get(id);
      return one?.kind === 'video' ? [{ value: id as string, label: one.name }] : [];
    });
  }, [order]);
  const take = async (as: SourceRole): Promise<void> => {
    setTaking(true);
    const { value, error: failed } = await attempt(() => call('create.takeFrame', { fileId, atMs: at.current * 1000 }));
    setTaking(false);
    setFailure(failed);
    if (value === null) return;
    putSource({ role: as, madeId: value.id, name: value.name, kind: 'image' });
    setFraming(null);
  };
  const isFilm = model?.capability === 'imageToVideo';
  const wrong = failure ?? error;
  return (
    <div className="flex min-h-0 flex-col gap-3 p-4" data-testid="frame-dialog">
      <Field label={t('create.frame.film')}>
        {(field) => (
          <Select {...field} value={fileId as string} options={films} onValue={(id) => setFraming({ fileId: id as MediaFileId, role })} />
        )}
      </Field>
      <div className="h-[50vh] min-h-40 overflow-hidden rounded-lg bg-media">
        {view ? (
          <VideoPreview
            key={view.url}
            id={fileId}
            url={view.url}
            name={file?.name ?? ''}
            fps={file?.summary?.fps}
            takeFocus
            onFail={standIn}
            onFrame={follow}
          />
        ) : error ? null : (
          <div className="grid h-full place-items-center">
            <div className="flex w-48 flex-col gap-2 text-center text-sm text-muted">
              {t('create.frame.preparing')}
              <Progress value={null} thin label={t('create.frame.preparing')} />
            </div>
          </div>
        )}
      </div>
      {wrong ? (
        <Notice tone="bad" title={problem(wrong).title}>
          {problem(wrong).next}
        </Notice>
      ) : null}
      <div className="flex flex-wrap items-center gap-2">
        <span className="flex-1 text-sm text-muted" data-testid="frame-time">
          {t('create.frame.at', { time: format.clock(shown * 1000, true) })}
        </span>
        <Button
          look={role === 'lastFrame' ? 'plain' : 'primary'}
          disabled={!view}
          busy={taking}
          onClick={() => void take(model ? mainRole(model) : 'image')}
          data-testid="take-first"
        >
          {t(isFilm ? 'create.frame.asFirst' : 'create.frame.asSource')}
        </Button>
        {model?.limits.lastFrame === true ? (
          <Button
            look={role === 'lastFrame' ? 'primary' : 'plain'}
            disabled={!view}
            busy={taking}
            onClick={() => void take('lastFrame')}
            data-testid="take-last"
          >
            {t('create.frame.asLast')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** Chooses a frame of a film of the workspace by scrubbing; it is then taken from the original at its full size. */
export function FrameDialog() {
  const { t } = useTexts();
  const framing = useCreate((state) => state.framing);
  return (
    <Dialog
      wide
      open={framing !== null}
      onOpenChange={(open) => (open ? undefined : setFraming(null))}
      title={t('create.frame.title')}
      closeLabel={t('common.close')}
    >
      {framing ? <Chooser fileId={framing.fileId} role={framing.role} /> : null}
    </Dialog>
  );
}
