import type { ResultKind } from '@pingplex/shared/contracts/http';
import type { Measurements } from '@pingplex/shared/contracts/ipc';
import type {
  BatchId,
  BatchState,
  ConflictRule,
  ItemId,
  ItemState,
  MediaFileId,
  MediaFormat,
  MediaKind,
  ResultFormat,
  ResultId,
  Step,
  StepVerb,
} from '@pingplex/shared/domain';
import type { AppErrorData } from '@pingplex/shared/errors';

/** Rows of the journal as the rest of main sees them: times in ms since 1970, JSON columns already read. */
export type BatchRow = {
  readonly id: BatchId;
  readonly name: string;
  readonly state: BatchState;
  readonly steps: readonly Step[];
  /** Output folder, absolute. */
  readonly folder: string;
  readonly template: string;
  readonly conflict: ConflictRule;
  readonly keepTree: boolean;
  readonly rightsConfirmedAt: number | null;
  /** Which wording was confirmed (`rightsText` of the shared texts). */
  readonly rightsVersion: number | null;
  /** Expected work of all items in ms of one worker. */
  readonly workMs: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
};

/** A file that goes along with a request. */
export type AskSource = {
  readonly role: 'image' | 'mask' | 'lastFrame' | 'audio';
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly format: MediaFormat;
  readonly kind: MediaKind;
  /** The file of the workspace; null for a picture that was made here, whose id `madeId` then is. */
  readonly fileId: MediaFileId | null;
  readonly madeId: string | null;
};
/** What an item of a Create run asks for. */
export type Ask = {
  readonly prompt: string;
  /** Settings of this item alone; the others stand in the batch's step. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly sources: readonly AskSource[];
};

export type ItemRow = {
  readonly id: ItemId;
  readonly batchId: BatchId;
  /** 0-based place in the batch. */
  readonly position: number;
  readonly fileId: MediaFileId | null;
  readonly path: string;
  readonly name: string;
  /** Folder below the batch's output folder, relative; empty for the folder itself. */
  readonly subfolder: string;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly durationMs: number | null;
  readonly megapixels: number | null;
  readonly workMs: number;
  readonly state: ItemState;
  readonly error: AppErrorData | null;
  readonly attempts: number;
  /** Null for an item of a recipe. With one, `path` may be empty: there is no source. */
  readonly ask: Ask | null;
};

/** A file between two steps of an item. */
export type StepFile = {
  readonly path: string;
  readonly ext: string;
  readonly kind: ResultKind;
  readonly format: ResultFormat;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The step that made it. */
  readonly step: number;
  readonly verb: StepVerb;
  readonly modelId: string;
  readonly measurements: Measurements;
  readonly credits: number;
  /** Was saved as a result already. */
  readonly saved: boolean;
};

/** A file that a later step can work on. */
export type MediaStepFile = StepFile & { readonly kind: MediaKind; readonly format: MediaFormat };

export type ResultState = 'sealed' | 'committed' | 'skipped';
export type ResultRow = {
  readonly id: ResultId;
  readonly itemId: ItemId;
  readonly batchId: BatchId;
  readonly step: number;
  /** 1-based number of the result within its item. */
  readonly n: number;
  readonly state: ResultState;
  readonly tempPath: string;
  readonly dir: string;
  /** Wanted name; the final one is in `path`. */
  readonly name: string;
  readonly path: string | null;
  readonly kind: ResultKind;
  readonly format: ResultFormat;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly verb: StepVerb;
  readonly measurements: Measurements;
  readonly credits: number;
  readonly createdAt: number;
};

/**
 * `open`: the key was chosen, the server may or may not know it. `made`: the server has a generation. `paid`: it succeeded.
 * `closed`: nothing was or will be delivered under this key; the next try takes a new one.
 */
export type CallState = 'open' | 'made' | 'paid' | 'closed';
export type CallRow = {
  readonly key: string;
  readonly batchId: BatchId;
  readonly itemId: ItemId;
  readonly step: number;
  /** Number of the file within its step, from 0. */
  readonly input: number;
  readonly inputSha256: string;
  readonly accountId: string;
  /** Body of the request as JSON: the same key must always carry the same body. */
  readonly request: string;
  readonly state: CallState;
  readonly generationId: string | null;
  readonly credits: number;
};
