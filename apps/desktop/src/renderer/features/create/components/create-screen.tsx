import type { ResultKind } from '@pingplex/shared/contracts/http';
import { MAX_CREATE_ROWS } from '@pingplex/shared/contracts/ipc';
import { CloudOff, FileAudio, FileText, Film, Image } from 'lucide-react';
import { useEffect } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Empty, Notice } from '../../../ui/feedback.tsx';
import { Field, Segments, TextArea } from '../../../ui/fields.tsx';
import { Tabs } from '../../../ui/tabs.tsx';
import { loadResults } from '../../batches/index.ts';
import { SettingsForm } from '../../recipes/index.ts';
import { loadModels, useSession } from '../../session/index.ts';
import { kindsOf, type Mode } from '../model.ts';
import { type Panel, setKind, setMode, setModelSettings, setPanel, setPrompt, setPrompts, useCreate } from '../store.ts';
import { type CreateRun, useCreateRun, useModel } from '../use-create-run.ts';
import { CreateBar } from './create-bar.tsx';
import { FrameDialog } from './frame-dialog.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { MaskDialog } from './mask-dialog.tsx';
import { ModelPicker } from './model-picker.tsx';
import { RowsPanel } from './rows-panel.tsx';
import { RunsPanel } from './runs-panel.tsx';
import { Sources } from './sources.tsx';
import { TableForm } from './table-form.tsx';

const ICONS: Record<ResultKind, typeof Image> = { image: Image, video: Film, audio: FileAudio, text: FileText };
const MODES: readonly Mode[] = ['one', 'many', 'table'];

/** Without a catalogue nothing can be made: why, and a way to ask again. */
function NoModels() {
  const { t } = useTexts();
  return (
    <Empty
      icon={<CloudOff size={32} strokeWidth={1.4} />}
      title={t('create.noModels.title')}
      actions={<Button onClick={() => void loadModels()}>{t('common.retry')}</Button>}
    >
      {t('create.noModels.text')}
    </Empty>
  );
}

function PromptField({ run, max }: { run: CreateRun; max: number }) {
  const { t, format } = useTexts();
  const mode = useCreate((state) => state.mode);
  const prompt = useCreate((state) => state.prompt);
  const prompts = useCreate((state) => state.prompts);
  if (mode === 'table') return <TableForm />;
  const isMany = mode === 'many';
  const tooLong = !isMany && prompt.length > max;
  return (
    <Field
      label={t(isMany ? 'create.prompts' : 'recipe.generate.prompt')}
      note={isMany ? t('create.promptsNote', { count: run.rows.length }) : t('recipe.generate.promptNote', { n: format.number(max) })}
      problem={
        tooLong
          ? t('recipe.generate.promptTooLong')
          : run.rows.length > MAX_CREATE_ROWS
            ? t('create.tooMany', { n: format.number(MAX_CREATE_ROWS) })
            : null
      }
    >
      {(field) => (
        <TextArea
          {...field}
          rows={isMany ? 8 : 5}
          data-testid="create-prompt"
          value={isMany ? prompts : prompt}
          placeholder={t(isMany ? 'create.promptsHint' : 'create.promptHint')}
          onChange={(event) => (isMany ? setPrompts : setPrompt)(event.target.value)}
        />
      )}
    </Field>
  );
}

/** What to make, of what, and with which settings. */
function Form({ run }: { run: CreateRun }) {
  const { t } = useTexts();
  const model = useModel();
  const own = useCreate((state) => (model === undefined ? undefined : state.settings[model.id])) ?? {};
  const mode = useCreate((state) => state.mode);
  if (!model) return null;
  return (
    <form
      aria-label={t('create.form')}
      className="flex min-h-0 flex-col gap-4 overflow-x-hidden overflow-y-auto border-line border-r bg-surface p-3.5"
      data-testid="create-form"
      onSubmit={(event) => event.preventDefault()}
    >
      <ModelPicker model={model} />
      <div className="flex">
        <Segments
          label={t('create.mode.label')}
          value={mode}
          options={MODES.map((value) => ({ value, label: t(`create.mode.${value}`) }))}
          onValue={setMode}
        />
      </div>
      <PromptField run={run} max={model.limits.maxPromptChars} />
      <Sources model={model} />
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">{t('create.settings')}</legend>
        <SettingsForm model={model} settings={own} onSettings={(settings) => setModelSettings(model.id, settings)} />
      </fieldset>
    </form>
  );
}

/** Pictures, films and sound by AI models: one at a time, many at once, or a table of prompts. */
export function CreateScreen() {
  const { t, words } = useTexts();
  const models = useSession((state) => state.models);
  const server = useSession((state) => state.app?.server.state);
  const kind = useCreate((state) => state.kind);
  const mode = useCreate((state) => state.mode);
  const panel = useCreate((state) => state.panel);
  const model = useModel();
  const run = useCreateRun(model);
  const kinds = kindsOf(models);
  const known = kinds.includes(kind);
  const first = kinds[0];
  useEffect(() => {
    if (!known && first !== undefined) setKind(first);
  }, [known, first]);
  useEffect(() => {
    void attempt(loadResults);
  }, []);
  if (kinds.length === 0) return <NoModels />;
  const shown: Panel = mode === 'one' && panel === 'rows' ? 'results' : panel;
  const rows = { value: 'rows' as const, label: t('create.panel.rows', { count: run.rows.length }), content: <RowsPanel run={run} /> };
  return (
    <div className="grid h-full min-h-0 grid-rows-[auto_1fr_auto]">
      <div className="flex items-center gap-3 border-line border-b px-3.5 py-2">
        <Segments
          label={t('create.kind')}
          value={kind}
          options={kinds.map((value) => {
            const Icon = ICONS[value];
            return {
              value,
              name: words.kind[value],
              label: (
                <>
                  <Icon size={14} strokeWidth={1.7} aria-hidden />
                  {words.kind[value]}
                </>
              ),
            };
          })}
          onValue={setKind}
        />
        {server === 'offline' ? (
          <div className="min-w-0 flex-1">
            <Notice tone="warn" title={t('account.offline')} />
          </div>
        ) : null}
      </div>
      <div className="grid min-h-0 grid-cols-[380px_minmax(0,1fr)] max-[1100px]:grid-cols-[320px_minmax(0,1fr)]">
        <Form run={run} />
        <div className="flex min-h-0 min-w-0 flex-col pt-1" data-testid="create-panel">
          <Tabs<Panel>
            label={t('create.panel.label')}
            value={shown}
            onValue={setPanel}
            tabs={[
              ...(mode === 'one' ? [] : [rows]),
              { value: 'results', label: t('create.panel.results'), content: <RunsPanel /> },
              { value: 'history', label: t('create.panel.history'), content: <HistoryPanel /> },
            ]}
          />
        </div>
      </div>
      <CreateBar run={run} />
      <FrameDialog />
      <MaskDialog />
    </div>
  );
}
