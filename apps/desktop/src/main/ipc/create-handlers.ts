import type { AddReport, IpcParsed } from '@pingplex/shared/contracts/ipc';
import type { ResultId } from '@pingplex/shared/domain';
import type { CreateService } from '../create/index.ts';
import type { IpcHandlers } from './router.ts';

/** What the handlers of the Create screen need. */
export type CreatePorts = {
  readonly create: Pick<
    CreateService,
    'check' | 'run' | 'resume' | 'openTable' | 'readTable' | 'takeFrame' | 'saveMask' | 'again' | 'history' | 'fetchAgain'
  >;
  readonly useResult: (id: ResultId) => Promise<AddReport>;
  /** Path of a table that the user chose in a dialog; null when they chose none. */
  readonly askForTable: () => Promise<string | null>;
};

type CreateRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `create.${string}`>>;

export function createHandlersOf({ create, askForTable, useResult }: CreatePorts): CreateRoutes {
  return {
    'create.check': (order) => create.check(order),
    'create.start': (order: IpcParsed<'create.start'>) => create.run(order),
    'create.resume': ({ batchId }) => create.resume(batchId),
    'create.openTable': async () => {
      const path = await askForTable();
      return path === null ? null : create.openTable(path);
    },
    'create.readTable': ({ text }) => create.readTable(text),
    'create.takeFrame': ({ fileId, atMs }) => create.takeFrame(fileId, atMs),
    'create.saveMask': ({ png }) => create.saveMask(png),
    'create.again': (wanted) => create.again(wanted),
    'create.useResult': ({ id }) => useResult(id),
    'create.history': (query) => create.history(query),
    'create.fetchAgain': ({ key }) => create.fetchAgain(key),
  };
}
