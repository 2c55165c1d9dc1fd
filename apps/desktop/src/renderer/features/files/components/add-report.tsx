import { ChevronDown, X } from 'lucide-react';
import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Notice } from '../../../ui/feedback.tsx';
import { closeReport, useFiles } from '../store.ts';

/** What the last adding did. Nothing is left out silently: refused files are listed with their reason. */
export function AddReportNotice() {
  const { t, problem, format } = useTexts();
  const report = useFiles((state) => state.report);
  const error = useFiles((state) => state.error);
  const [open, setOpen] = useState(false);
  const close = (
    <IconButton label={t('common.close')} onClick={closeReport}>
      <X size={15} />
    </IconButton>
  );
  if (error) {
    const { title, next } = problem(error);
    return (
      <Notice tone="bad" title={title} actions={close}>
        {next}
      </Notice>
    );
  }
  if (!report) return null;
  // Two folders may hold files of the same name, so the name alone doesn't tell rows apart.
  const rows = report.refused.map((one, at) => ({ ...one, key: `${at}` }));
  const parts = [
    t('files.report.added', { count: report.added }),
    report.alreadyThere > 0 ? t('files.report.alreadyThere', { count: report.alreadyThere }) : null,
    report.refusedTotal > 0 ? t('files.report.refused', { count: report.refusedTotal }) : null,
  ];
  return (
    <Notice
      tone={report.refusedTotal > 0 ? 'warn' : 'info'}
      title={<span data-testid="add-report">{parts.filter(Boolean).join(' · ')}</span>}
      actions={
        <>
          {report.refused.length > 0 ? (
            <Button look="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? t('files.report.hide') : t('files.report.show')}
              <ChevronDown size={14} className={cx('transition-transform', open && 'rotate-180')} aria-hidden />
            </Button>
          ) : null}
          {close}
        </>
      }
    >
      {open ? (
        <ul className="mt-1.5 max-h-48 overflow-y-auto" aria-label={t('files.report.list')}>
          {rows.map(({ key, name, error: reason }) => {
            const { title, next } = problem(reason);
            return (
              <li key={key} data-testid="refused-file" className="grid grid-cols-[minmax(120px,34%)_1fr] gap-3 border-line border-t py-1">
                <span className="truncate text-text" title={name}>
                  {name}
                </span>
                <span>
                  <span className="text-text">{title}.</span> {next}
                </span>
              </li>
            );
          })}
          {report.refusedTotal > report.refused.length ? (
            <li className="border-line border-t py-1">
              {t('files.report.more', { n: format.number(report.refusedTotal - report.refused.length) })}
            </li>
          ) : null}
        </ul>
      ) : null}
    </Notice>
  );
}
