import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { toast } from '../../../ui/toasts.tsx';

/** Opens the licence of the media engine and the notices of its third-party parts, with where their source is. */
export function NoticesButton() {
  const { t, problem } = useTexts();
  const [texts, setTexts] = useState<{ licence: string; notices: string } | null>(null);
  const [isOpen, setOpen] = useState(false);
  const open = (): void => {
    void attempt(() => call('app.notices', {})).then(({ value, error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else {
        setTexts(value);
        setOpen(true);
      }
    });
  };
  return (
    <>
      <Button look="ghost" onClick={open}>
        {t('settings.notices')}
      </Button>
      <Dialog open={isOpen} onOpenChange={setOpen} title={t('settings.notices')} closeLabel={t('common.close')} wide>
        {/* A long text that can't be focused can't be scrolled by keyboard. */}
        <div className="flex flex-col gap-4 overflow-auto p-4" tabIndex={0} data-testid="notices">
          <pre className="selectable whitespace-pre-wrap break-words font-mono text-sm">{texts?.licence}</pre>
          <pre className="selectable whitespace-pre-wrap break-words font-mono text-sm">{texts?.notices}</pre>
        </div>
      </Dialog>
    </>
  );
}
