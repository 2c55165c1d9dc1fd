import type { IpcEventName, IpcEvents, IpcInput, IpcOutput, IpcRouteId, PingplexApi } from '@pingplex/shared/contracts/ipc';
import { AppError } from '@pingplex/shared/errors';

type Answers = { [R in IpcRouteId]?: (input: IpcInput<R>) => IpcOutput<R> };

/** Main as the stores see it: answers that a test chose, and events that it sends. */
export function fakeMain(answers: Answers) {
  const listeners = new Map<IpcEventName, Set<(data: never) => void>>();
  const api: PingplexApi<File> = {
    async invoke(route, input) {
      const answer = answers[route] as ((given: typeof input) => never) | undefined;
      return answer ? { ok: true, data: answer(input) } : { ok: false, error: new AppError('ipc.unknownRoute', route).toData() };
    },
    addDropped: async () => ({ ok: false, error: new AppError('ipc.refused', 'no files here').toData() }),
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      set.add(listener as (data: never) => void);
      listeners.set(event, set);
      return () => set.delete(listener as (data: never) => void);
    },
  };
  return {
    api,
    emit<E extends IpcEventName>(event: E, data: IpcEvents[E]): void {
      for (const listener of listeners.get(event) ?? []) (listener as (data: IpcEvents[E]) => void)(data);
    },
  };
}
