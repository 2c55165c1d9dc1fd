import type { PromptTable, TableProblem } from '@pingplex/shared/contracts/ipc';
import { ClipboardPaste, FileSpreadsheet, X } from 'lucide-react';
import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Field, TextArea } from '../../../ui/fields.tsx';
import { setTable, useCreate } from '../store.ts';

const SHOWN = 8;

/** What could not be read, each with its line and column. */
function TableProblems({ problems }: { problems: readonly TableProblem[] }) {
  const { t, format } = useTexts();
  return (
    <Notice tone="bad" title={t('create.table.problems', { count: problems.length })}>
      <ul className="flex flex-col gap-0.5" data-testid="table-problems">
        {problems.slice(0, SHOWN).map((one) => (
          <li key={`${one.line} ${one.column} ${one.code}`}>
            {t('create.table.line', { line: format.number(one.line) })}
            {one.column === null ? '' : `, ${t('create.table.column', { column: one.column })}`}:{' '}
            {t(`create.table.problem.${one.code}`, { what: one.what })}
          </li>
        ))}
        {problems.length > SHOWN ? <li>{t('create.table.more', { count: problems.length - SHOWN })}</li> : null}
      </ul>
    </Notice>
  );
}

/** A table of prompts: opened from a file or pasted. */
export function TableForm() {
  const { t, problem } = useTexts();
  const table = useCreate((state) => state.table);
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>(null);
  const read = async (ask: () => Promise<PromptTable | null>): Promise<void> => {
    const answer = await attempt(ask);
    setError(answer.error);
    if (answer.value) setTable(answer.value);
  };
  if (table === null) {
    return (
      <div className="flex flex-col gap-2" data-testid="table-empty">
        <Field label={t('create.table.paste')} note={t('create.table.note')}>
          {(field) => (
            <TextArea
              {...field}
              rows={7}
              value={text}
              placeholder={'prompt,name,size\n…'}
              onChange={(event) => setText(event.target.value)}
              className="font-mono text-sm"
              data-testid="table-text"
            />
          )}
        </Field>
        <div className="flex flex-wrap gap-1.5">
          <Button onClick={() => void read(() => call('create.openTable', {}))} data-testid="open-table">
            <FileSpreadsheet size={14} aria-hidden />
            {t('create.table.open')}
          </Button>
          <Button
            disabled={text.trim() === ''}
            onClick={() => void read(() => call('create.readTable', { text }))}
            data-testid="read-table"
          >
            <ClipboardPaste size={14} aria-hidden />
            {t('create.table.read')}
          </Button>
        </div>
        {error ? (
          <Notice tone="bad" title={problem(error).title}>
            {problem(error).next}
          </Notice>
        ) : null}
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-2" data-testid="table-view">
      <div className="flex items-center gap-2 rounded-md border border-line bg-bg py-1.5 pr-1.5 pl-2.5">
        <FileSpreadsheet size={16} className="shrink-0 text-muted" aria-hidden />
        <div className="min-w-0 flex-1">
          <div className="truncate">{table.name ?? t('create.table.pasted')}</div>
          <div className="truncate text-xs text-muted">
            {[
              t('create.table.rows', { count: table.rows.length }),
              ['prompt', ...(table.hasFiles ? ['file'] : []), ...table.settings].join(', '),
            ].join(' · ')}
          </div>
        </div>
        <IconButton label={t('create.table.close')} onClick={() => setTable(null)}>
          <X size={14} />
        </IconButton>
      </div>
      {table.problems.length > 0 ? <TableProblems problems={table.problems} /> : null}
    </div>
  );
}
