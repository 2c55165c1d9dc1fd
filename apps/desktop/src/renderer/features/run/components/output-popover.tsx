import type { PlanFinding } from '@pingplex/shared/contracts/ipc';
import { checkName, checkTemplate, NAME_TOKENS, type NameFinding, renderName } from '@pingplex/shared/domain';
import { fillText } from '@pingplex/shared/text';
import { FolderOpen } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Button } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Check, Field, Select } from '../../../ui/fields.tsx';
import { Popover } from '../../../ui/overlays.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { setSettings } from '../../session/index.ts';
import { chooseOutput, type Run } from '../use-run.ts';

/** As much of a run as its output needs. */
type OutputOf = Pick<Run, 'settings' | 'folder' | 'findings' | 'steps'> & {
  readonly estimate: { readonly names: readonly string[] } | null;
};

/** Text of a finding about names. */
export function useNameText(): (finding: NameFinding) => string {
  const { words } = useTexts();
  return (finding) => fillText(words.name[finding.code], { what: `“${finding.what}”` });
}

const SAMPLE = { name: 'beach-run-0412', index: 1, variant: 1, date: '', hash: '3fa9c1d2', model: '', step: 'clean' };

/** The template field: what is wrong stands under it at once, the names that it makes beside it. */
function TemplateField({ run }: { run: OutputOf }) {
  const { t } = useTexts();
  const nameText = useNameText();
  const [template, setTemplate] = useState(run.settings.template);
  const field = useRef<HTMLInputElement>(null);
  const saved = run.settings.template;
  useEffect(() => setTemplate(saved), [saved]);
  const sample = renderName(template, { ...SAMPLE, date: new Date().toISOString().slice(0, 10), step: run.steps.at(-1)?.verb ?? 'clean' });
  const own = [...checkTemplate(template), ...(template.trim() === '' ? [] : checkName(`${sample}.x`))];
  const planned = template === saved ? run.findings.filter((one) => one.place === 'template') : [];
  const first = own[0] ?? planned.find((one) => one.name)?.name;
  const change = (next: string): void => {
    setTemplate(next);
    // A template that can't be used isn't remembered; the last good one stays.
    if (checkTemplate(next).length === 0 && next.length <= 300) void setSettings({ template: next });
  };
  const insert = (token: string): void => {
    const at = field.current?.selectionEnd ?? template.length;
    change(`${template.slice(0, at)}{${token}}${template.slice(at)}`);
    field.current?.focus();
  };
  const names = template === saved && run.estimate ? run.estimate.names.slice(0, 3) : [];
  return (
    <>
      <Field label={t('run.template')} problem={first ? nameText(first) : null}>
        {(props) => (
          <input
            {...props}
            ref={field}
            type="text"
            spellCheck={false}
            maxLength={300}
            data-testid="template"
            value={template}
            onChange={(event) => change(event.target.value)}
            className="selectable h-8 w-full rounded-md border border-line-strong bg-bg px-2.5 font-mono text-sm aria-invalid:border-bad"
          />
        )}
      </Field>
      <fieldset className="flex flex-wrap gap-1" aria-label={t('run.tokens')}>
        {NAME_TOKENS.map((token) => (
          <button
            key={token}
            type="button"
            onClick={() => insert(token)}
            className="min-h-6 min-w-6 rounded-sm border border-line px-1.5 font-mono text-xs text-muted hover:border-faint hover:text-text"
          >
            {`{${token}}`}
          </button>
        ))}
      </fieldset>
      <div className="rounded-md bg-bg px-2.5 py-1.5 text-sm" aria-live="polite" data-testid="name-preview">
        <div className="text-xs text-muted">{t('run.namePreview')}</div>
        {(names.length > 0 ? names : [sample]).map((name) => (
          <div key={name} className="truncate selectable" title={name}>
            {name}
          </div>
        ))}
      </div>
    </>
  );
}

/** Where results go and how they are named. */
export function OutputPopover({ run }: { run: OutputOf }) {
  const { t, words, problem } = useTexts();
  const { settings, folder } = run;
  const wrong = run.findings.some(
    (one: PlanFinding) =>
      one.level === 'error' && (one.place === 'template' || one.place === 'output') && one.error?.code !== 'output.folderMissing',
  );
  const choose = (): void => {
    void chooseOutput().catch((error: unknown) => {
      const { title, next } = problem(error);
      toast('bad', title, next);
    });
  };
  return (
    <Popover
      label={t('run.output')}
      className="w-96"
      trigger={
        <button
          type="button"
          data-testid="output-chip"
          className={cx(
            'flex h-8.5 min-w-0 max-w-72 items-center gap-1.75 rounded-[8px] border bg-raised px-2.75 transition-colors hover:border-faint',
            wrong ? 'border-bad' : 'border-line-strong',
          )}
        >
          <small className="shrink-0 text-xs text-muted">{t('run.saveTo')}</small>
          <span className="truncate">
            {folder ? `${folder.displayPath.split(/[\\/]/).at(-1)} / ${settings.template}` : t('run.chooseFolder')}
          </span>
        </button>
      }
    >
      <div className="flex flex-col gap-1">
        <span className="text-sm text-muted">{t('run.folder')}</span>
        <div className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate" title={folder?.displayPath} data-testid="output-folder">
            {folder?.displayPath ?? t('run.noFolder')}
          </span>
          <Button onClick={choose}>
            <FolderOpen size={14} aria-hidden />
            {t('run.choose')}
          </Button>
        </div>
        {run.findings
          .filter((one) => one.place === 'output' && one.error && one.error.code !== 'output.folderMissing')
          .map((one) => (
            <p key={one.error?.code} role="alert" className="text-sm text-bad">
              {problem(one.error).title}. {problem(one.error).next}
            </p>
          ))}
      </div>
      <TemplateField run={run} />
      <Field label={t('run.conflict')}>
        {(field) => (
          <Select
            {...field}
            value={settings.conflict}
            options={(['number', 'skip', 'replace'] as const).map((value) => ({ value, label: words.conflict[value] }))}
            onValue={(conflict) => void setSettings({ conflict })}
          />
        )}
      </Field>
      <Check
        label={t('run.keepTree')}
        note={t('run.keepTreeNote')}
        checked={settings.keepTree}
        onChecked={(keepTree) => void setSettings({ keepTree })}
      />
    </Popover>
  );
}
