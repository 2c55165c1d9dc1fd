import type { ExportProgress, ExportReport } from '@pingplex/shared/contracts/ipc';
import type { ExportFormat, MediaFileId } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { call, on } from '../../lib/ipc.ts';

type Exporting = {
  /** Files that the dialog is open for; null while it is closed. */
  readonly asked: readonly MediaFileId[] | null;
  readonly format: ExportFormat;
  /** Null while nothing is being read. */
  readonly progress: ExportProgress | null;
};

export const useExporting = create<Exporting>(() => ({ asked: null, format: 'summary', progress: null }));

/** Opens the dialog for these files. */
export const askExport = (ids: readonly MediaFileId[]): void => useExporting.setState({ asked: ids });
export const closeExport = (): void => useExporting.setState({ asked: null });
export const setExportFormat = (format: ExportFormat): void => useExporting.setState({ format });

/**
 * Lets the user choose a place and saves; progress stands in the store meanwhile.
 * @returns null when no place was chosen
 * @throws AppError what went wrong
 */
export async function runExport(ids: readonly MediaFileId[], format: ExportFormat): Promise<ExportReport | null> {
  const off = on('metadata.exporting', (progress) => useExporting.setState({ progress }));
  try {
    return await call('metadata.export', { ids: [...ids], format });
  } finally {
    off();
    useExporting.setState({ progress: null });
  }
}

export const stopExport = (): Promise<{ stopped: boolean }> => call('metadata.stopExport', {});
