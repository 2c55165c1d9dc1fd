/** What every job gets beside its own data. A job must look at `signal` at least once a second and clean up its temporary files when it fires. */
export type JobContext = {
  /** Fires on cancel and on deadline; `signal.reason` is the `AppError` or cancel to throw. */
  readonly signal: AbortSignal;
  /** Reports how much of the whole job is done, 0–1, never going back. Cheap to call often: it is coalesced. */
  readonly progress: (fraction: number) => void;
};
