import type { BatchId, MediaFileId } from '../../domain/ids.ts';
import type { AppState } from './app.ts';
import type { BatchView, ItemView, ResultView } from './batches.ts';
import type { AddReport, MediaFileView } from './library.ts';
import type { ExportProgress } from './metadata.ts';

/**
 * Main → window. Patches are coalesced to at most 15 a second. A patch with `rev` r follows the snapshot or patch with r − 1; a window
 * that misses one asks for a snapshot again.
 */
export type IpcEvents = {
  readonly 'app.changed': Partial<AppState>;
  readonly 'library.changed': {
    readonly rev: number;
    readonly upserts: readonly MediaFileView[];
    readonly removed: readonly MediaFileId[];
  };
  /** Files that came by "Open with" or a second launch. */
  readonly 'library.added': AddReport;
  readonly 'metadata.exporting': ExportProgress;
  readonly 'batches.changed': {
    readonly rev: number;
    readonly batches: readonly BatchView[];
    readonly items: readonly ItemView[];
    readonly results: readonly ResultView[];
    readonly removedBatches: readonly BatchId[];
  };
  /** A menu command or shortcut that the window carries out. */
  readonly 'action.invoked': { readonly id: string };
};
export type IpcEventName = keyof IpcEvents;
export const IPC_EVENT_NAMES = [
  'app.changed',
  'library.changed',
  'library.added',
  'metadata.exporting',
  'batches.changed',
  'action.invoked',
] as const satisfies readonly IpcEventName[];
