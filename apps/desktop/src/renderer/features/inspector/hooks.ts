import type { InspectOutcome } from '@pingplex/shared/contracts/engine';
import type { MediaFileView, PreviewView } from '@pingplex/shared/contracts/ipc';
import { useEffect, useRef, useState } from 'react';
import { attempt, call } from '../../lib/ipc.ts';

type Answer<T> = { readonly value: T | null; readonly error: unknown; readonly pending: boolean };
const WAITING = { value: null, error: null, pending: true } as const;

/** The last few answers, so that going back and forth between files asks only once per version of a file. */
class Recent<T> {
  readonly #kept = new Map<string, T>();
  get(key: string): T | undefined {
    return this.#kept.get(key);
  }
  put(key: string, value: T): void {
    this.#kept.set(key, value);
    const oldest = this.#kept.size > 40 ? this.#kept.keys().next() : null;
    if (oldest && !oldest.done) this.#kept.delete(oldest.value);
  }
}

type Question<T> = { readonly key: string; readonly recent: Recent<T>; readonly ask: () => Promise<T> };

function useAnswer<T>(question: Question<T> | null, again: number): Answer<T> {
  const key = question?.key ?? null;
  const [answer, setAnswer] = useState<Answer<T> & { key: string | null }>({ ...WAITING, key });
  // Everything that a question depends on is in its key, so that a new object with the same key asks nothing.
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    const asked = latest.current;
    if (key === null || !asked || again < 0) return;
    const known = asked.recent.get(key);
    if (known !== undefined) {
      setAnswer({ key, value: known, error: null, pending: false });
      return;
    }
    let current = true;
    setAnswer({ ...WAITING, key });
    void attempt(asked.ask).then(({ value, error }) => {
      if (value !== null) asked.recent.put(key, value);
      if (current) setAnswer({ key, value, error, pending: false });
    });
    return () => {
      current = false;
    };
  }, [key, again]);
  return answer.key === key ? answer : WAITING;
}

const inspections = new Recent<InspectOutcome>();
const previews = new Recent<PreviewView>();
const versionOf = (file: MediaFileView): string => `${file.id} ${file.modifiedAt} ${file.sizeBytes}`;

/** Everything that the file says about itself. A new value of `again` asks once more after a failure. */
export function useInspection(file: MediaFileView, again: number): Answer<InspectOutcome> {
  const gone = file.state === 'missing';
  return useAnswer(gone ? null : { key: versionOf(file), recent: inspections, ask: () => call('library.inspect', { id: file.id }) }, again);
}

/** An address that this window can show, the original or a labelled stand-in. @param standIn only the stand-in will do */
export function usePreview(file: MediaFileView, standIn: boolean): Answer<PreviewView> {
  const gone = file.state === 'missing';
  return useAnswer(
    gone
      ? null
      : {
          key: `${versionOf(file)}${standIn ? ' stand-in' : ''}`,
          recent: previews,
          ask: () => call('library.preview', { id: file.id, standIn }),
        },
    0,
  );
}
