import type { Capability } from '@pingplex/shared/contracts/http';
import type { SettingsValues } from '@pingplex/shared/domain';

/** A file that the user gives along. `image` comes first; `lastFrame` is where a film ends. */
export type SourceFile = { role: 'image' | 'mask' | 'lastFrame' | 'audio'; mime: string; bytes: Buffer };

/** One paid request, ready to be sent. */
export type Submission = {
  providerModel: string;
  capability: Capability;
  prompt: string;
  settings: SettingsValues;
  sources: SourceFile[];
  /** How many of the priced units were ordered: pictures, seconds, minutes, thousands of characters. */
  units: number;
  /** Told all that has come of a text, again and again while it is being written. */
  onText?: (soFar: string) => void;
  /** Ours and unique per attempt: where the provider takes an id of the client's, the task can be found by it. */
  submitKey: string;
  /** Opaque and stable per user: lets the provider act on abuse without knowing whom. */
  userTag: string;
  signal: AbortSignal;
};

/** A result: its bytes, or where the provider keeps it for a while. */
export type Output = Buffer | { url: string };
export type Delivered = {
  kind: 'delivered';
  outputs: Output[];
  usage: unknown;
  costMicroUsd: number | null;
  /** Of models that are priced by tokens: the provider's count; null when it gave none. */
  tokens?: { input: number; output: number } | null;
  /** It broke off, and this is what had come. */
  isPartial?: boolean;
};

/** What became of a submission. Only `throttled` and `notSent` may ever be sent again: all others may have been paid. */
export type SubmitAnswer = { requestId: string | null } & (
  | Delivered
  /** The provider works on it under this handle; `firstPollMs` is when to look first. */
  | { kind: 'accepted'; handle: string; firstPollMs: number }
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

/** A task at the provider, by the handle that was written down when it was accepted. */
export type TaskRef = { handle: string; capability: Capability; providerModel: string; signal: AbortSignal };

/** What a look at a task shows. Only the provider's own verdict ends a task; a look that fails says nothing. */
export type PollAnswer = { requestId: string | null } & (
  | Delivered
  /** `waiting`: not begun yet, so that it can still be called off where the provider allows it. */
  | { kind: 'working'; stage: 'waiting' | 'running' }
  | { kind: 'refused'; categories: string[] }
  | { kind: 'failed'; message: string }
  /** The provider knows no such task (any more). */
  | { kind: 'gone'; message: string }
  /** No verdict: unreachable, busy, an answer that can't be read, our account refused. */
  | { kind: 'noAnswer'; message: string; retryAfterMs: number | null }
);

/** What is special about a provider that works on tasks. */
export type TaskCalls = {
  /** Reads the state of a task. Free, and safe to repeat. */
  poll(task: TaskRef): Promise<PollAnswer>;
  /** Milliseconds until the next look after `polls` of them, without the jitter. */
  pollDelayMs(polls: number): number;
  /** Calls a task off where the provider can. `tooLate`: it goes on and will be billed. */
  cancel?(task: TaskRef): Promise<'canceled' | 'tooLate'>;
  /** Lets the provider forget a task and its results once they are ours: nobody keeps what a user made longer than needed. */
  discard?(task: TaskRef): Promise<void>;
  /** Finds a task whose submit was never answered by our own id; null when the provider knows none or doesn't say. */
  find?(submitKey: string, about: Omit<TaskRef, 'handle'>): Promise<string | null>;
};

/** Whether our key, address and account are good, and what the provider has announced about models that we name. */
export type Check = { ok: boolean; message: string; notes?: string[] };

/** A provider of AI models. Every call is one exchange; nothing is repeated inside. */
export type Provider = {
  submit(submission: Submission): Promise<SubmitAnswer>;
  /** The cheapest real call that proves our account; `models` are the provider's own names of what we offer. */
  check(models: readonly string[], signal: AbortSignal): Promise<Check>;
  /** Only for providers that work on tasks. */
  tasks?: TaskCalls;
  /**
   * Asks whether a prompt and pictures may be worked on, before anything is paid. Free, and safe to repeat. Answers the categories
   * that stand against it; null when nobody could be asked.
   */
  moderate?(asked: { prompt: string; images: readonly SourceFile[]; signal: AbortSignal }): Promise<string[] | null>;
  /** How results that it keeps are fetched; without it every result comes as bytes. */
  files?: FileAccess;
};

export type FileAccess = {
  /** Origins that are trusted although they are not https or not public: our own stand-in's. */
  trustedOrigins: readonly string[];
  /** Sent only to the provider's own API origin, never along a redirect to another one. */
  headersFor?(url: URL): Record<string, string>;
};
