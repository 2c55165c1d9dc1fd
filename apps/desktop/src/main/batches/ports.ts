import type { EngineJob, OutcomeOf, Summary } from '@pingplex/shared/contracts/engine';
import type { Model, Wallet } from '@pingplex/shared/contracts/http';
import type { ItemId, MediaFileId, MediaFormat, MediaKind } from '@pingplex/shared/domain';
import type { CloudContext, CloudOutcome, CloudRequest } from '../generations/index.ts';

/** A media file as the library knows it now. */
export type SourceFile = {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  /** Null while the quick inspection isn't there. */
  readonly summary: Summary | null;
  /** The folder that the user added, when the file came with one; else the file's own. The output tree is kept below it. */
  readonly folder: string;
};
export type MediaFiles = { resolve(id: MediaFileId): SourceFile | undefined };

export type EnginePort = {
  /** Batch jobs at once. */
  readonly workers: number;
  run<J extends EngineJob>(
    job: J,
    options?: {
      readonly signal?: AbortSignal;
      readonly onProgress?: (fraction: number) => void;
      /** Length and size of the media, for the deadline. */
      readonly durationMs?: number;
      readonly megapixels?: number;
    },
  ): Promise<OutcomeOf<J['verb']>>;
};

export type CloudPort = {
  models(): readonly Model[];
  refreshModels(): Promise<readonly Model[]>;
  run(request: CloudRequest, context: CloudContext): Promise<CloudOutcome>;
  abandon(itemId: ItemId): Promise<void>;
};

export type AccountPort = { state(): { readonly account: object | null; readonly wallet: Wallet | null; readonly keychain: string } };

export type UsagePort = {
  count(verb: 'inspect' | 'clean' | 'unicalize' | 'convert' | 'download', kind: MediaKind, sizeBytes: number): void;
};

/** Why a running item was stopped from outside; never an error. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly why: 'canceled' | 'paused' | 'quit';
  constructor(why: 'canceled' | 'paused' | 'quit') {
    super(`stopped: ${why}`);
    this.why = why;
  }
}
