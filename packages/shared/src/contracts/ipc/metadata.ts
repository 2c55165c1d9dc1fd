import { z } from 'zod';
import { ExportFormat } from '../../domain/export.ts';
import { MediaFileId } from '../../domain/ids.ts';
import { ipc } from './route.ts';

/** How an export of metadata ended. `stopped`: by the user; nothing was written then. */
export type ExportReport = {
  readonly state: 'saved' | 'stopped';
  readonly files: number;
  /** Files that could not be read; the export names each with the reason. */
  readonly failed: number;
  /** Where it was saved, for display. */
  readonly displayPath: string;
};

/** How far a running export is, in files. */
export type ExportProgress = { readonly done: number; readonly total: number };

export const metadataRoutes = {
  /** Asks where to save and writes what is inside the files; null when the user chose no place. One export runs at a time. */
  'metadata.export': ipc<ExportReport | null>()(z.strictObject({ ids: z.array(MediaFileId).min(1).max(100_000), format: ExportFormat })),
  'metadata.stopExport': ipc<{ stopped: boolean }>()(z.strictObject({})),
} as const;
