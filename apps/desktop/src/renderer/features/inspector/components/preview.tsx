import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { FileThumb } from '../../files/index.ts';
import { standInText } from '../../results/index.ts';
import { usePreview } from '../hooks.ts';
import { AudioPreview } from './audio-preview.tsx';
import { ImagePreview } from './image-preview.tsx';
import { VideoPreview } from './video-preview.tsx';

/**
 * What a file looks or sounds like. A stand-in for the original is labelled; a file that can't be shown says why.
 * `takeFocus` gives the keyboard to it as soon as it is there.
 */
export function Preview({ file, takeFocus = false }: { file: MediaFileView; takeFocus?: boolean }) {
  const texts = useTexts();
  const { t, problem } = texts;
  const [standIn, setStandIn] = useState(false);
  const { value, error, pending } = usePreview(file, standIn);
  const [failed, setFailed] = useState(false);
  const trouble =
    file.state === 'missing'
      ? problem({ code: 'file.notFound' })
      : error
        ? problem(error)
        : failed
          ? problem({ code: 'file.damaged' })
          : null;
  if (trouble) {
    return (
      <div className="grid size-full place-items-center p-5 text-center" role="alert" data-testid="preview-problem">
        <div>
          <div className="font-semibold">{trouble.title}</div>
          <div className="text-sm text-muted">{trouble.next}</div>
        </div>
      </div>
    );
  }
  if (!value) {
    return (
      <div className="relative size-full" aria-busy={pending}>
        <FileThumb id={file.id} kind={file.kind} broken={false} className="size-full" />
      </div>
    );
  }
  const label = standInText(value, texts);
  // What Chromium gives up, the engine may still decode in part.
  const onFail = (): void => (value.proxy ? setFailed(true) : setStandIn(true));
  return (
    <div className="relative size-full" data-testid="preview" data-kind={file.kind}>
      {value.mime.startsWith('video/') ? (
        <VideoPreview id={file.id} url={value.url} name={file.name} fps={file.summary?.fps} takeFocus={takeFocus} onFail={onFail} />
      ) : value.mime.startsWith('audio/') ? (
        <AudioPreview id={file.id} url={value.url} name={file.name} takeFocus={takeFocus} onFail={onFail} />
      ) : (
        <ImagePreview url={value.url} name={file.name} takeFocus={takeFocus} onFail={onFail} />
      )}
      {file.damaged ? (
        <span className="over-media pointer-events-none absolute top-2 right-2 rounded-sm px-1.75 text-xs" data-testid="damaged">
          {t('preview.damaged')}
        </span>
      ) : null}
      {label === null ? null : (
        <span className="over-media pointer-events-none absolute top-2 left-2 rounded-sm px-1.75 text-xs">{label}</span>
      )}
    </div>
  );
}
