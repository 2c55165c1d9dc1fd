import type { Estimate, IpcInput } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId, Step } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { attempt, call } from '../../lib/ipc.ts';

type OutputInput = IpcInput<'batches.estimate'>['output'];

type State = {
  /** The newest answer; kept while a newer one is under way, so that figures don't flicker. */
  readonly estimate: Estimate | null;
  readonly pending: boolean;
  readonly error: unknown;
};
export const useEstimate = create<State>(() => ({ estimate: null, pending: false, error: null }));

const PAUSE_MS = 200;
let timer: ReturnType<typeof setTimeout> | undefined;
let turn = 0;

/** Asks for an estimate once the user pauses. Only the answer to the newest question is shown. */
export function estimateSoon(fileIds: readonly MediaFileId[], steps: readonly Step[], output: OutputInput): void {
  clearTimeout(timer);
  turn += 1;
  const mine = turn;
  if (fileIds.length === 0 || steps.length === 0) {
    useEstimate.setState({ estimate: null, pending: false, error: null });
    return;
  }
  useEstimate.setState({ pending: true });
  timer = setTimeout(() => {
    void attempt(() => call('batches.estimate', { fileIds: [...fileIds], steps: [...steps], output })).then(({ value, error }) => {
      if (mine === turn) useEstimate.setState({ estimate: value, error, pending: false });
    });
  }, PAUSE_MS);
}
