import { useTexts } from '../../../i18n/index.ts';
import { Dialog } from '../../../ui/overlays.tsx';
import { pick, showLarge, useFile, useView } from '../../files/index.ts';
import { Preview } from './preview.tsx';

/** The file as large as the window allows. Page keys go through the list, Space or Esc close it. */
export function LargePreview() {
  const { t } = useTexts();
  const id = useView((state) => state.large);
  const file = useFile(id);
  const go = (by: number): void => {
    const { visible } = useView.getState();
    const next = id === null ? undefined : visible[visible.indexOf(id) + by];
    if (next === undefined) return;
    pick(next, 'only');
    showLarge(next);
  };
  return (
    <Dialog
      wide
      open={file !== undefined}
      onOpenChange={(open) => showLarge(open ? id : null)}
      title={file?.name ?? ''}
      closeLabel={t('common.close')}
    >
      <div
        role="group"
        aria-label={t('preview.large')}
        data-testid="large-preview"
        className="h-[78vh] bg-media"
        onKeyDown={(event) => {
          if (event.key === 'PageDown') go(1);
          else if (event.key === 'PageUp') go(-1);
          else if (event.key === ' ' && file?.kind === 'image') showLarge(null);
          else return;
          event.preventDefault();
        }}
      >
        {file ? <Preview key={file.id} file={file} takeFocus /> : null}
      </div>
    </Dialog>
  );
}
