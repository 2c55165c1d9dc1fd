import { z } from 'zod';
import { BatchId, type GenerationId, ItemId, MediaFileId, ResultId } from '../../domain/ids.ts';
import type { MediaKind } from '../../domain/media.ts';
import type { ResultKind } from '../http/generations.ts';
import { output, type PlanFinding } from './batches.ts';
import type { AddReport } from './library.ts';
import { ipc } from './route.ts';

/** What a file is for in a request; the server's names. */
export const SourceRole = z.enum(['image', 'mask', 'lastFrame', 'audio']);
export type SourceRole = z.infer<typeof SourceRole>;

/** A picture that the app itself made for a request: a frame of a film, a painted mask. Named by the SHA-256 of its bytes. */
export const MadeId = z.string().regex(/^[0-9a-f]{64}$/, 'not the id of a made picture');

/** A file of the workspace, or a picture that was made here. */
export const CreateSource = z.union([
  z.strictObject({ role: SourceRole, fileId: MediaFileId }),
  z.strictObject({ role: SourceRole, madeId: MadeId }),
]);
export type CreateSource = z.infer<typeof CreateSource>;

/** A request in the making, as it was typed or stood in a table; main checks it against the model. */
export const CreateRow = z.strictObject({
  prompt: z.string().max(100_000),
  /** How the result is to be called, instead of by its source or its prompt. */
  name: z.string().max(500).optional(),
  /** Name of a file in the workspace that is to be the source. */
  file: z.string().max(500).optional(),
  /** Settings as text, by their names in the model's schema. */
  cells: z.record(z.string().max(64), z.string().max(2000)).optional(),
  sources: z.array(CreateSource).max(18).default([]),
});
export type CreateRow = z.input<typeof CreateRow>;

/** Longest list of requests that one run takes. */
export const MAX_CREATE_ROWS = 10_000;

const settings = z.record(z.string().max(64), z.union([z.string().max(2000), z.number(), z.boolean()]));
const order = {
  modelId: z.string().min(1).max(100),
  /** For every row that doesn't say otherwise. */
  settings,
  rows: z.array(CreateRow).min(1).max(MAX_CREATE_ROWS),
  output,
};

/** What is wrong in a row. `what` is the value or the bound, `allowed` what would be right. */
export type RowProblem = {
  /** 0-based place in the list. */
  readonly row: number;
  /** Column of a table: `prompt`, `name`, `file`, or a setting. */
  readonly column: string;
  readonly code:
    | 'promptEmpty'
    | 'promptTooLong'
    | 'nameUnusable'
    | 'fileUnknown'
    | 'fileTwice'
    | 'fileNotReady'
    | 'sourceMissing'
    | 'sourceTooMany'
    | 'sourceKind'
    | 'sourceSize'
    | 'settingUnknown'
    | 'settingInvalid';
  readonly what: string;
  readonly allowed?: string;
};

/** A checked row: its price and the name that its first result would get. */
export type RowCheck = { readonly credits: number; readonly name: string; readonly source: string | null };

export type CreateCheck = {
  readonly rows: readonly RowCheck[];
  readonly problems: readonly RowProblem[];
  /** Rows that have a problem; more than the list names when there are many. */
  readonly problemRows: readonly number[];
  /** Of the rows without problems. */
  readonly results: number;
  readonly credits: number;
  /** False when the price is a bound. */
  readonly isExact: boolean;
  readonly walletAfter: number | null;
  readonly timeMs: { readonly low: number; readonly high: number; readonly basis: 'measured' | 'typical' };
  readonly names: readonly string[];
  readonly findings: readonly PlanFinding[];
};

/** A table of prompts as it was read. Cells of columns that are no setting of the model are told by `create.check`. */
export type PromptTable = {
  /** File name; null when it was pasted. */
  readonly name: string | null;
  /** Columns beside prompt, name and file. */
  readonly settings: readonly string[];
  readonly hasFiles: boolean;
  readonly rows: readonly {
    /** 1-based line in the file at which the row begins. */
    readonly line: number;
    readonly prompt: string;
    readonly name?: string;
    readonly file?: string;
    readonly cells: Readonly<Record<string, string>>;
  }[];
  /** What could not be read at all, by line; such lines are in no row. */
  readonly problems: readonly TableProblem[];
};
export type TableProblem = {
  readonly line: number;
  readonly column: string | null;
  readonly code:
    | 'cellsTooMany'
    | 'cellsTooFew'
    | 'quoteOpen'
    | 'quoteInside'
    | 'noPromptColumn'
    | 'columnTwice'
    | 'tooManyRows'
    | 'notText';
  readonly what: string;
};

export type MadePicture = { readonly id: string; readonly name: string; readonly width: number; readonly height: number };

/** A source as it is shown in the form. */
export type SourceView = CreateSource & { readonly name: string; readonly kind: MediaKind };

/** Everything to ask the same again. */
export type CreateAgain = {
  readonly modelId: string;
  readonly prompt: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly sources: readonly SourceView[];
  /** Names of sources that are no longer there. */
  readonly missing: readonly string[];
};

/** One paid request of this computer, newest first. */
export type HistoryEntry = {
  readonly key: string;
  readonly itemId: ItemId;
  readonly generationId: GenerationId | null;
  readonly modelId: string;
  readonly prompt: string;
  readonly sourceName: string | null;
  readonly state: 'waiting' | 'paid' | 'ended';
  readonly credits: number;
  readonly createdAt: number;
  /** Until when the server keeps the results, ISO; null when nothing was delivered or it isn't known. */
  readonly expiresAt: string | null;
  readonly results: readonly { readonly id: ResultId; readonly name: string; readonly kind: ResultKind; readonly present: boolean }[];
};

const HistoryQuery = z.strictObject({
  /** Words that all have to occur in prompt, model or name of the source. */
  text: z.string().max(200).default(''),
  modelId: z.string().max(100).optional(),
  /** Milliseconds since 1970; `until` isn't included. */
  from: z.number().optional(),
  until: z.number().optional(),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
});
export type HistoryQuery = z.output<typeof HistoryQuery>;

export const createRoutes = {
  /** Works everything out before the run: each row's price and problems, names, balance. */
  'create.check': ipc<CreateCheck>()(z.strictObject(order)),
  /** Runs the rows; those with problems are refused, or left out when that is wanted. */
  'create.start': ipc<{ batchId: BatchId; rows: number }>()(z.strictObject({ ...order, leaveOut: z.boolean().default(false) })),
  /** Runs what a canceled run left, in a new batch with the same requests and places. */
  'create.resume': ipc<{ batchId: BatchId; rows: number }>()(z.strictObject({ batchId: BatchId })),
  /** Asks for a CSV file and reads it; null when the user thought better of it. */
  'create.openTable': ipc<PromptTable | null>()(z.strictObject({})),
  'create.readTable': ipc<PromptTable>()(z.strictObject({ text: z.string().max(4_000_000) })),
  /** Takes the frame of a film that is on screen at a time. */
  'create.takeFrame': ipc<MadePicture>()(z.strictObject({ fileId: MediaFileId, atMs: z.number().min(0) })),
  /** Keeps a painted mask: a PNG as base64. */
  'create.saveMask': ipc<MadePicture>()(z.strictObject({ png: z.base64().max(7_000_000) })),
  /** What was asked, ready to be asked again: of an item of a run, or of a request of the history. */
  'create.again': ipc<CreateAgain>()(z.union([z.strictObject({ itemId: ItemId }), z.strictObject({ key: z.uuid() })])),
  /** Adds a result to the workspace, so that it can be a source. */
  'create.useResult': ipc<AddReport>()(z.strictObject({ id: ResultId })),
  'create.history': ipc<{ entries: readonly HistoryEntry[]; total: number; models: readonly string[] }>()(HistoryQuery),
  /** Fetches the results of a paid request again and saves them under the names that they had. */
  'create.fetchAgain': ipc<{ saved: readonly string[]; displayFolder: string }>()(z.strictObject({ key: z.uuid() })),
} as const;
