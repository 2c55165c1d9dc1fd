import { ExportFormat } from '@pingplex/shared/domain';
import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice, Progress } from '../../../ui/feedback.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { closeExport, runExport, setExportFormat, stopExport, useExporting } from '../export-store.ts';

function Forms({ value, onValue }: { value: ExportFormat; onValue: (format: ExportFormat) => void }) {
  const { t, words } = useTexts();
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-sm text-muted">{t('exporting.form')}</legend>
      {ExportFormat.options.map((format) => (
        <label key={format} className="flex items-start gap-2.5 rounded-md px-2 py-1.5 hover:bg-accent-soft">
          <input
            type="radio"
            name="export-format"
            className="mt-1 accent-(--accent)"
            checked={value === format}
            onChange={() => onValue(format)}
          />
          <span>
            <span className="block">{words.exportFormat[format].name}</span>
            <span className="block text-sm text-muted">{words.exportFormat[format].means}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Asks in which form the metadata of the chosen files leaves the app, and shows how far the export is. */
export function ExportDialog() {
  const { t, format: figures, problem } = useTexts();
  const { asked, format, progress } = useExporting();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = (): void => {
    setError(null);
    closeExport();
  };
  const save = async (): Promise<void> => {
    if (asked === null) return;
    setError(null);
    setBusy(true);
    const answer = await attempt(() => runExport(asked, format));
    setBusy(false);
    if (answer.error) {
      setError(answer.error);
      return;
    }
    const report = answer.value;
    if (report === null) return;
    close();
    if (report.state === 'stopped') toast('ok', t('exporting.stopped'));
    else {
      const text = report.failed > 0 ? t('exporting.failed', { count: report.failed }) : report.displayPath;
      toast(report.failed > 0 ? 'bad' : 'ok', t('exporting.done', { count: report.files - report.failed }), text);
    }
  };
  // What runs must be seen: the dialog stays until the export ends or is stopped.
  const onOpenChange = (open: boolean): void => {
    if (!open && !busy) close();
  };
  return (
    <Dialog open={asked !== null} onOpenChange={onOpenChange} title={t('exporting.title')} closeLabel={t('common.close')}>
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto p-4" data-testid="export-dialog">
        <p className="text-muted">{t('exporting.files', { count: asked?.length ?? 0 })}</p>
        {busy ? null : <Forms value={format} onValue={setExportFormat} />}
        {busy && progress ? (
          <div className="flex flex-col gap-1.5">
            <span aria-live="polite">
              {t('exporting.running', { done: figures.number(progress.done), total: figures.number(progress.total) })}
            </span>
            <Progress value={progress.done / progress.total} label={t('exporting.title')} />
          </div>
        ) : null}
        {error ? (
          <Notice tone="bad" title={problem(error).title}>
            {problem(error).next}
          </Notice>
        ) : null}
        {busy ? null : <p className="text-sm text-muted">{t('exporting.private')}</p>}
        <div className="flex justify-end gap-2">
          {busy && progress ? <Button onClick={() => void attempt(stopExport)}>{t('exporting.stop')}</Button> : null}
          {busy ? null : (
            <Button look="primary" onClick={() => void save()}>
              {t('exporting.start')}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
