import type { MediaFileId } from '@pingplex/shared/domain';
import { useEffect } from 'react';
import { throttleTrailing } from '../../lib/debounce.ts';
import { attempt, call } from '../../lib/ipc.ts';

/** Between two tellings while the user scrolls. */
const TELL_MS = 120;
const MOST = 1000;

let shown: readonly MediaFileId[] = [];
const tell = throttleTrailing(() => {
  void attempt(() => call('library.show', { ids: shown.slice(0, MOST), at: Date.now() }));
}, TELL_MS);

/** Tells main which rows exist just now, so that it reads and draws these first and forgets what was scrolled away. */
export function useShown(ids: readonly MediaFileId[]): void {
  // A text is the same for the same rows, however often the list is drawn.
  const key = ids.join();
  useEffect(() => {
    shown = key === '' ? [] : (key.split(',') as MediaFileId[]);
    tell();
    return () => {
      shown = [];
    };
  }, [key]);
}
