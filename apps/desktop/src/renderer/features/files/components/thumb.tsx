import type { ResultKind } from '@pingplex/shared/contracts/http';
import { mediaUrls } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId, MediaKind } from '@pingplex/shared/domain';
import { FileText, FileWarning, Film, Image, Music } from 'lucide-react';
import { useState } from 'react';
import { cx } from '../../../ui/cx.ts';

const ICONS: Record<ResultKind, typeof Image> = { image: Image, video: Film, audio: Music, text: FileText };

/** A picture of a file. Its kind stands in while main makes it, and stays when there is none. */
export function Thumb({ url, kind, broken = false, className }: { url: string; kind: ResultKind; broken?: boolean; className?: string }) {
  const [shown, setShown] = useState<string | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const Icon = broken ? FileWarning : ICONS[kind];
  return (
    <span className={cx('relative block overflow-hidden bg-media', className)}>
      {shown !== url ? (
        <span className="absolute inset-0 grid place-items-center text-faint" aria-hidden>
          <Icon size={22} strokeWidth={1.5} />
        </span>
      ) : null}
      {failed !== url && !broken && kind !== 'text' ? (
        <img
          src={url}
          alt=""
          draggable={false}
          decoding="async"
          onLoad={() => setShown(url)}
          onError={() => setFailed(url)}
          className={cx('absolute inset-0 size-full', kind === 'audio' ? 'object-contain' : 'object-cover', shown !== url && 'opacity-0')}
        />
      ) : null}
    </span>
  );
}

/** The thumbnail of a file in the list. A failed or missing file has none. */
export function FileThumb({ id, kind, broken, className }: { id: MediaFileId; kind: MediaKind; broken: boolean; className?: string }) {
  return <Thumb url={mediaUrls.thumbnail(id)} kind={kind} broken={broken} {...(className ? { className } : {})} />;
}
