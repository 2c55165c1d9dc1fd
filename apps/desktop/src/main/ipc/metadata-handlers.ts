import type { ExportReport } from '@pingplex/shared/contracts/ipc';
import type { ExportFormat, MediaFileId } from '@pingplex/shared/domain';
import type { IpcHandlers } from './router.ts';

/** What the handlers of exported metadata need; the composition root gives it. */
export type MetadataPorts = {
  readonly askForTarget: (format: ExportFormat) => Promise<string | null>;
  readonly save: (ids: readonly MediaFileId[], format: ExportFormat, target: string) => Promise<ExportReport>;
  readonly stop: () => boolean;
};

type MetadataRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `metadata.${string}`>>;

export function metadataHandlers(ports: MetadataPorts): MetadataRoutes {
  return {
    'metadata.export': async ({ ids, format }) => {
      const target = await ports.askForTarget(format);
      return target === null ? null : ports.save(ids, format, target);
    },
    'metadata.stopExport': () => ({ stopped: ports.stop() }),
  };
}
