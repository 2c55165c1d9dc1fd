import type { IpcEventName, IpcEvents, IpcInput, IpcOutput, IpcRouteId, PingplexApi } from '@pingplex/shared/contracts/ipc';
import { AppError, type Envelope, toAppError } from '@pingplex/shared/errors';

declare global {
  interface Window {
    /** Made by preload; the only way out of the page. */
    readonly pingplex: PingplexApi<File>;
  }
}

/** Takes the data out of an envelope. @throws AppError what main said went wrong */
export function unwrap<T>(envelope: Envelope<T>): T {
  if (envelope.ok) return envelope.data;
  throw AppError.fromData(envelope.error);
}

/** Asks main. @throws AppError what main said went wrong */
export async function call<R extends IpcRouteId>(route: R, input: IpcInput<R>): Promise<IpcOutput<R>> {
  return unwrap(await window.pingplex.invoke(route, input));
}

/** Hands dropped or pasted files to main; their paths never reach the page. @throws AppError */
export async function addDropped(files: readonly File[]) {
  return unwrap(await window.pingplex.addDropped(files));
}

/** Listens to main; the returned function ends it. */
export function on<E extends IpcEventName>(event: E, listener: (data: IpcEvents[E]) => void): () => void {
  return window.pingplex.on(event, listener);
}

/** Runs something that talks to main and hands a failure on as data, for places that show it beside the cause. */
export async function attempt<T>(work: () => Promise<T>): Promise<{ value: T; error: null } | { value: null; error: AppError }> {
  try {
    return { value: await work(), error: null };
  } catch (thrown) {
    return { value: null, error: toAppError(thrown) };
  }
}
