import { FileDown, Folder, GitCompareArrows, Maximize2 } from 'lucide-react';
import { useState } from 'react';
import { hintOf, runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Badge, Empty, Notice } from '../../../ui/feedback.tsx';
import { Tabs } from '../../../ui/tabs.tsx';
import { showLarge, useFile, useView } from '../../files/index.ts';
import { useInspection } from '../hooks.ts';
import { DifferenceView } from './difference-view.tsx';
import { HistoryTab } from './history-tab.tsx';
import { MetadataTab } from './metadata-tab.tsx';
import { Preview } from './preview.tsx';
import { PrivacyTab } from './privacy-tab.tsx';
import { SummaryTab } from './summary-tab.tsx';

type TabName = 'summary' | 'metadata' | 'privacy' | 'history';
type File = NonNullable<ReturnType<typeof useFile>>;

function Inspection({ file }: { file: File }) {
  const { t, problem } = useTexts();
  const [tab, setTab] = useState<TabName>('summary');
  const [again, setAgain] = useState(0);
  const { value: inspection, error, pending } = useInspection(file, again);
  const shownError = error ?? file.error;
  const flags = inspection?.privacy.length ?? file.flags.length;
  const trouble = shownError ? (
    <div className="mb-3">
      <Notice
        tone="bad"
        title={problem(shownError).title}
        actions={<Button onClick={() => setAgain(again + 1)}>{t('common.retry')}</Button>}
      >
        {problem(shownError).next}
      </Notice>
    </div>
  ) : null;
  const waiting = (
    <p className="text-muted" aria-busy={pending}>
      {shownError ? null : t('inspector.reading')}
    </p>
  );
  return (
    <Tabs<TabName>
      label={t('inspector.label')}
      value={tab}
      onValue={setTab}
      tabs={[
        {
          value: 'summary',
          label: t('inspector.summary'),
          content: (
            <>
              {trouble}
              <SummaryTab file={file} inspection={inspection} />
            </>
          ),
        },
        {
          value: 'metadata',
          label: t('inspector.metadata'),
          content: inspection ? <MetadataTab key={file.id} inspection={inspection} /> : (trouble ?? waiting),
        },
        {
          value: 'privacy',
          label: (
            <>
              {t('inspector.privacy')} {flags > 0 ? <b className="font-semibold text-warn">{flags}</b> : null}
            </>
          ),
          content: inspection ? <PrivacyTab inspection={inspection} /> : (trouble ?? waiting),
        },
        { value: 'history', label: t('inspector.history'), content: <HistoryTab file={file} /> },
      ]}
    />
  );
}

/** Everything about the file that the keyboard is on. */
export function Inspector() {
  const { t } = useTexts();
  const focus = useView((state) => state.selection.focus);
  const ids = useView((state) => state.selection.ids);
  const selected = ids.size;
  const [first = null, second = null] = selected === 2 ? [...ids] : [];
  const a = useFile(first);
  const b = useFile(second);
  const [comparing, setComparing] = useState(false);
  const file = useFile(focus);
  return (
    <aside
      aria-label={t('inspector.title')}
      data-testid="inspector"
      className="flex h-full min-h-0 flex-col border-line border-l bg-surface"
    >
      {file ? (
        <>
          <div className="shrink-0 p-3.5 pb-1.5">
            <div className="aspect-16/10 overflow-hidden rounded-[9px] bg-media">
              <Preview key={file.id} file={file} />
            </div>
            <div className="mt-2 flex items-center gap-1">
              <span className="min-w-0 flex-1 truncate font-semibold" title={file.name}>
                {file.name}
              </span>
              {selected > 1 ? <Badge tone="accent">{t('workspace.selected', { count: selected })}</Badge> : null}
              {a && b ? (
                <IconButton label={t('difference.title')} aria-pressed={comparing} onClick={() => setComparing(!comparing)}>
                  <GitCompareArrows size={14} />
                </IconButton>
              ) : null}
              <IconButton
                label={t('actions.exportMetadata')}
                hint={hintOf('files.exportMetadata')}
                onClick={() => runAction('files.exportMetadata')}
              >
                <FileDown size={14} />
              </IconButton>
              <IconButton label={t('actions.preview')} hint={t('keys.space')} onClick={() => showLarge(file.id)}>
                <Maximize2 size={14} />
              </IconButton>
              <IconButton label={t('actions.reveal')} hint={hintOf('files.reveal')} onClick={() => runAction('files.reveal')}>
                <Folder size={14} />
              </IconButton>
            </div>
          </div>
          {a && b && comparing ? <DifferenceView key={`${a.id} ${b.id}`} a={a} b={b} /> : <Inspection file={file} />}
        </>
      ) : (
        <Empty icon={null} title={t('inspector.none')}>
          {t('inspector.noneText')}
        </Empty>
      )}
    </aside>
  );
}
