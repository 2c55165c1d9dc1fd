import type { SettingsValues } from '@pingplex/shared/domain';

/** One paid request, ready to be sent. */
export type Submission = {
  providerModel: string;
  capability: 'image' | 'imageEdit';
  prompt: string;
  settings: SettingsValues;
  sources: { role: 'image' | 'mask'; mime: string; bytes: Buffer }[];
  /** Opaque and stable per user: lets the provider act on abuse without knowing whom. */
  userTag: string;
  signal: AbortSignal;
};

/** What became of a submission. Only `throttled` and `notSent` may ever be sent again: all others may have been paid. */
export type SubmitAnswer = { requestId: string | null } & (
  | { kind: 'delivered'; outputs: Buffer[]; usage: unknown; costMicroUsd: number | null }
  | { kind: 'refused'; categories: string[] }
  | { kind: 'rejected'; status: number; message: string }
  | { kind: 'misconfigured'; status: number; message: string }
  | { kind: 'throttled'; retryAfterMs: number }
  /** The provider certainly never saw it: no connection was made. */
  | { kind: 'notSent'; message: string }
  /** It answered that it worked, but the answer can't be read. */
  | { kind: 'unreadable'; message: string }
  /** Sent, and nobody knows: time-out, reset, 5xx. */
  | { kind: 'unknown'; message: string }
);

/** A provider of AI models. Every call is one exchange; nothing is repeated inside. */
export type Provider = {
  submit(submission: Submission): Promise<SubmitAnswer>;
};
