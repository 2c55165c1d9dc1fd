import type { AddReport, IpcEventName, PingplexApi } from '@pingplex/shared/contracts/ipc';
import { EVENT_CHANNEL, INVOKE_CHANNEL, PRELOAD_CHANNEL } from '@pingplex/shared/contracts/ipc/channels';
import type { AppErrorData, Envelope } from '@pingplex/shared/errors';
import { contextBridge, ipcRenderer, webUtils } from 'electron';

type Listener = (data: never) => void;

/** Listeners by event; one subscription to the channel serves them all, so the page never sees an event object. */
const listeners = new Map<IpcEventName, Set<Listener>>();
ipcRenderer.on(EVENT_CHANNEL, (_event, name: IpcEventName, data: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(data as never);
});

const NOT_ON_DISK: AppErrorData = { code: 'file.notFound', message: 'what was dropped is not a file on this disk', retryable: false };

const api: PingplexApi<File> = {
  invoke: (route, input) => ipcRenderer.invoke(INVOKE_CHANNEL, route, input),
  addDropped: async (files) => {
    const named = files.map((file) => ({ name: file.name, path: webUtils.getPathForFile(file) }));
    // A file that is not on disk (dragged out of a web page, say) has an empty path.
    const elsewhere = named.filter(({ path }) => path === '').map(({ name }) => ({ name, error: NOT_ON_DISK }));
    if (elsewhere.length === named.length) return { ok: false, error: NOT_ON_DISK };
    const paths = named.map(({ path }) => path).filter((path) => path !== '');
    const answer: Envelope<AddReport> = await ipcRenderer.invoke(PRELOAD_CHANNEL, 'library.addPaths', { paths });
    if (!answer.ok || elsewhere.length === 0) return answer;
    const { refused, refusedTotal } = answer.data;
    return { ok: true, data: { ...answer.data, refused: [...refused, ...elsewhere], refusedTotal: refusedTotal + elsewhere.length } };
  },
  on: (event, listener) => {
    const set = listeners.get(event) ?? new Set<Listener>();
    listeners.set(event, set);
    set.add(listener as Listener);
    return () => {
      set.delete(listener as Listener);
    };
  },
};

contextBridge.exposeInMainWorld('pingplex', api);
