import { z } from 'zod';
import { BatchId, ItemId, MediaFileId, RecipeId, ResultId } from '../../domain/ids.ts';
import type { MediaFormat, MediaKind, ResultFormat } from '../../domain/media.ts';
import type { NameFinding } from '../../domain/name-template.ts';
import { ConflictRule, type Recipe, Step, type StepVerb } from '../../domain/recipe.ts';
import type { BatchState, ItemState } from '../../domain/states.ts';
import type { AppErrorData } from '../../errors/app-error.ts';
import type { CleanOutcome, Distance, Quality, Variant, WaveformOutcome } from '../engine/outcomes.ts';
import type { ResultKind, Waiting } from '../http/generations.ts';
import { type PreviewView, waveform } from './library.ts';
import { ipc } from './route.ts';

const steps = z.array(Step).min(1).max(12);
const fileIds = z.array(MediaFileId).min(1).max(100_000);
export const output = z.strictObject({
  /** Null while no folder was chosen: an estimate is possible, a run is not. */
  folderId: z.string().max(64).nullable(),
  template: z.string().max(300),
  conflict: ConflictRule,
  keepTree: z.boolean(),
});

/** A problem that stops the run or should be known before it; `error` stops, `warning` doesn't. */
export type PlanFinding = {
  readonly level: 'error' | 'warning';
  /** Where the window shows it. */
  readonly place: 'output' | 'template' | 'steps' | 'credits' | 'disk' | 'account' | 'files';
  readonly error?: AppErrorData;
  readonly name?: NameFinding;
};

/** What a run will cost, before it. `basis` says where the time comes from: measured on this machine, or the built-in figures. */
export type Estimate = {
  readonly items: number;
  readonly results: number;
  readonly bytes: number;
  readonly freeBytes: number | null;
  readonly timeMs: { readonly low: number; readonly high: number; readonly basis: 'measured' | 'typical' };
  readonly credits: number;
  readonly walletAfter: number | null;
  readonly names: readonly string[];
  readonly findings: readonly PlanFinding[];
};

export type BatchView = {
  readonly id: BatchId;
  readonly name: string;
  readonly state: BatchState;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly counts: Readonly<Record<ItemState, number>>;
  readonly results: number;
  /** 0–1 of the work, not of the number of files. */
  readonly progress: number;
  readonly etaMs: { readonly low: number; readonly high: number } | null;
  readonly creditsSpent: number;
  readonly steps: readonly Step[];
  readonly outputDisplay: string;
  /** True when its items were asked for on the Create screen, each with a prompt of its own. */
  readonly asked?: boolean;
};

export type ItemView = {
  readonly id: ItemId;
  readonly batchId: BatchId;
  readonly fileId: MediaFileId | null;
  readonly name: string;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  readonly state: ItemState;
  readonly progress: number;
  /** What is happening: the verb of the step, or a stage of a cloud step. */
  readonly stage: StepVerb | 'uploading' | 'waiting' | 'downloading' | 'saving' | null;
  readonly error: AppErrorData | null;
  readonly attempts: number;
  readonly results: number;
  /** Why the server lets a request wait, and about how many go before it. */
  readonly waiting?: Waiting;
  /** What a model has written so far, while it writes. */
  readonly text?: string;
  /** Beginning of the item's own prompt; only of items that were asked for on the Create screen. */
  readonly prompt?: string;
};

/** Figures of one result; what is there depends on the step that made it. */
export type Measurements = {
  readonly clean?: Pick<CleanOutcome, 'outcome' | 'removed' | 'kept' | 'verified' | 'bitIdentical' | 'notes'>;
  readonly variant?: Pick<Variant, 'n' | 'parameters' | 'targetReached' | 'missed' | 'attempts'> & { readonly engineVersion: string };
  readonly fromSource?: Distance;
  readonly nearestSister?: Distance;
  readonly quality?: Quality;
  /** What steps that encode anew remarked on the way to this file; texts in `text/`. */
  readonly notes?: readonly string[];
  readonly generation?: {
    readonly id: string;
    readonly modelId: string;
    readonly credits: number;
    readonly sandbox: boolean;
    /** Until when the server keeps the bytes, ISO. */
    readonly expiresAt?: string;
  };
  readonly width?: number;
  readonly height?: number;
  readonly durationMs?: number;
};

export type ResultView = {
  readonly id: ResultId;
  readonly batchId: BatchId;
  readonly itemId: ItemId;
  readonly sourceId: MediaFileId | null;
  readonly sourceName: string;
  readonly name: string;
  readonly displayPath: string;
  readonly kind: ResultKind;
  readonly format: ResultFormat;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly verb: StepVerb;
  readonly measurements: Measurements;
  readonly credits: number;
  readonly createdAt: number;
  /** False when the file is no longer where it was written. */
  readonly present: boolean;
};

const batch = z.strictObject({ batchId: BatchId });

export const batchRoutes = {
  'recipes.list': ipc<{ recipes: Recipe[] }>()(z.strictObject({})),
  'recipes.save': ipc<Recipe>()(z.strictObject({ id: RecipeId.optional(), name: z.string().trim().min(1).max(120), steps })),
  'recipes.remove': ipc<{ removed: boolean }>()(z.strictObject({ id: RecipeId })),

  'batches.estimate': ipc<Estimate>()(z.strictObject({ fileIds, steps, output })),
  'batches.start': ipc<{ batchId: BatchId }>()(
    z.strictObject({ name: z.string().trim().min(1).max(120), fileIds, steps, output, rightsConfirmed: z.boolean() }),
  ),
  'batches.list': ipc<{ rev: number; batches: BatchView[] }>()(z.strictObject({})),
  'batches.items': ipc<{ items: ItemView[] }>()(batch),
  'batches.results': ipc<{ results: ResultView[] }>()(
    z.strictObject({ batchId: BatchId.optional(), sourceId: MediaFileId.optional(), limit: z.int().min(1).max(10_000).default(2000) }),
  ),
  'batches.cancel': ipc<{ canceled: number }>()(z.strictObject({ batchId: BatchId, itemId: ItemId.optional() })),
  'batches.pause': ipc<{ done: true }>()(batch),
  'batches.resume': ipc<{ done: true }>()(batch),
  'batches.retry': ipc<{ queued: number }>()(z.strictObject({ batchId: BatchId, itemId: ItemId.optional() })),
  'batches.remove': ipc<{ removed: boolean }>()(batch),
  /** Asks where to, then writes figures of all results as HTML, CSV or JSON; null when the user thought better of it. */
  'batches.saveReport': ipc<{ savedTo: string | null }>()(batch),

  'results.reveal': ipc<{ shown: boolean }>()(z.strictObject({ id: ResultId })),
  'results.preview': ipc<PreviewView>()(z.strictObject({ id: ResultId, standIn: z.boolean().default(false) })),
  /** What a text says; `isWhole` is false when it goes on beyond what is shown. */
  'results.text': ipc<{ text: string; isWhole: boolean }>()(z.strictObject({ id: ResultId })),
  'results.waveform': ipc<WaveformOutcome>()(z.strictObject({ id: ResultId, ...waveform })),
} as const;
