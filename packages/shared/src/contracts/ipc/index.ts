import type { z } from 'zod';
import type { Envelope } from '../../errors/app-error.ts';
import { accountRoutes } from './account.ts';
import { appRoutes } from './app.ts';
import { batchRoutes } from './batches.ts';
import { createRoutes } from './create.ts';
import type { IpcEventName, IpcEvents } from './events.ts';
import type { AddReport } from './library.ts';
import { libraryRoutes } from './library.ts';
import { metadataRoutes } from './metadata.ts';

export * from './account.ts';
export * from './app.ts';
export * from './batches.ts';
export * from './channels.ts';
export * from './create.ts';
export * from './events.ts';
export * from './library.ts';
export * from './metadata.ts';
export * from './route.ts';

/** Every call that the window can make. One invoke channel carries them all. */
export const IPC_ROUTES = { ...appRoutes, ...accountRoutes, ...libraryRoutes, ...metadataRoutes, ...batchRoutes, ...createRoutes } as const;
export type IpcRouteId = keyof typeof IPC_ROUTES;
export type IpcInput<R extends IpcRouteId> = z.input<(typeof IPC_ROUTES)[R]['input']>;
export type IpcParsed<R extends IpcRouteId> = z.output<(typeof IPC_ROUTES)[R]['input']>;
export type IpcOutput<R extends IpcRouteId> = Exclude<(typeof IPC_ROUTES)[R]['output'], undefined>;

/** `window.pingplex`: all that the page has of the world outside. `Dropped` is the DOM's `File` (this package knows no DOM). */
export type PingplexApi<Dropped = unknown> = {
  /** Calls main. Never rejects: errors come as data. Routes marked `preloadOnly` are refused here. */
  invoke<R extends IpcRouteId>(route: R, input: IpcInput<R>): Promise<Envelope<IpcOutput<R>>>;
  /** Adds files and folders that were dropped or pasted; paths are read in preload and never reach the page. */
  addDropped(files: readonly Dropped[]): Promise<Envelope<AddReport>>;
  /** Subscribes; call the returned function to end it. */
  on<E extends IpcEventName>(event: E, listener: (data: IpcEvents[E]) => void): () => void;
};
