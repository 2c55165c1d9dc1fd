import type { GenerationData } from '@pingplex/shared/contracts/engine';
import { Copy } from 'lucide-react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Facts } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';

function Words({ label, texts }: { label: string; texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <div>
      <div className="text-xs text-muted">{label}</div>
      <p className="selectable max-h-40 overflow-y-auto break-words whitespace-pre-wrap">{texts.join('\n')}</p>
    </div>
  );
}

/** What a generator wrote into the file: the prompt, readable and ready to copy, and its settings. */
export function GenerationCard({ data }: { data: GenerationData }) {
  const { t, problem } = useTexts();
  const copy = async (): Promise<void> => {
    const { error } = await attempt(() => navigator.clipboard.writeText(data.prompts.join('\n')));
    if (error) toast('bad', problem(error).title, problem(error).next);
    else toast('ok', t('generation.copied'));
  };
  return (
    <section
      aria-label={t('generation.title')}
      data-testid="generation"
      className="flex flex-col gap-2 rounded-md border border-line border-l-3 border-l-bad bg-raised px-3 py-2"
    >
      <div className="flex items-center gap-2">
        <span className="font-semibold">{t('generation.title')}</span>
        <span className="ml-auto shrink-0 text-xs text-muted">{data.tool}</span>
      </div>
      <p className="text-muted">{t('generation.means')}</p>
      <Words label={t('generation.prompt')} texts={data.prompts} />
      <Words label={t('generation.negative')} texts={data.negative} />
      {data.settings.length > 0 ? (
        <details>
          <summary className="text-sm text-muted">{t('generation.settings')}</summary>
          <div className="mt-1 text-sm">
            <Facts rows={[...new Map(data.settings.map(({ name, value }) => [name, value]))]} />
          </div>
        </details>
      ) : null}
      {data.prompts.length > 0 ? (
        <Button className="self-start" onClick={() => void copy()}>
          <Copy size={14} aria-hidden />
          {t('generation.copy')}
        </Button>
      ) : null}
    </section>
  );
}
