import { FolderInput } from 'lucide-react';
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { isTyping } from '../../../lib/keys.ts';
import { addFiles } from '../store.ts';

const carriesFiles = (event: { dataTransfer: DataTransfer | null }): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** Takes files and folders that are dropped anywhere on it, or pasted. A drop anywhere else is refused, so that it never replaces the page. */
export function DropArea({ className, children }: { className?: string; children: ReactNode }) {
  const { t } = useTexts();
  const [over, setOver] = useState(false);
  const depth = useRef(0);

  useEffect(() => {
    const refuse = (event: globalThis.DragEvent): void => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'none';
    };
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0 || isTyping(event.target)) return;
      event.preventDefault();
      void addFiles(files);
    };
    window.addEventListener('dragover', refuse);
    window.addEventListener('drop', refuse);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('dragover', refuse);
      window.removeEventListener('drop', refuse);
      window.removeEventListener('paste', paste);
    };
  }, []);

  const enter = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current += 1;
    setOver(true);
  };
  const leave = (event: DragEvent): void => {
    if (!carriesFiles(event)) return;
    depth.current = Math.max(0, depth.current - 1);
    if (depth.current === 0) setOver(false);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) void addFiles(files);
  };
  return (
    <section
      aria-label={t('files.dropArea')}
      data-testid="drop-area"
      className={`relative ${className ?? ''}`}
      onDragEnter={enter}
      onDragOver={(event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }}
      onDragLeave={leave}
      onDrop={drop}
    >
      {children}
      {over ? (
        <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-bg/85">
          <div className="flex flex-col items-center gap-2">
            <FolderInput size={32} strokeWidth={1.5} className="text-accent-text" aria-hidden />
            <div className="font-semibold text-lg">{t('files.drop.title')}</div>
            <div className="text-muted">{t('files.drop.text')}</div>
          </div>
        </div>
      ) : null}
    </section>
  );
}
