import type { IpcEventName, PingplexApi } from '@pingplex/shared/contracts/ipc';
import { EVENT_CHANNEL, INVOKE_CHANNEL, PRELOAD_CHANNEL } from '@pingplex/shared/contracts/ipc/channels';
import { contextBridge, ipcRenderer, webUtils } from 'electron';

type Listener = (data: never) => void;

/** Listeners by event; one subscription to the channel serves them all, so the page never sees an event object. */
const listeners = new Map<IpcEventName, Set<Listener>>();
ipcRenderer.on(EVENT_CHANNEL, (_event, name: IpcEventName, data: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(data as never);
});

const api: PingplexApi<File> = {
  invoke: (route, input) => ipcRenderer.invoke(INVOKE_CHANNEL, route, input),
  addDropped: (files) => {
    // A file that is not on disk (dragged out of a web page, say) has an empty path; main answers for the rest.
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '');
    if (paths.length === 0) {
      const error = { code: 'file.notFound', message: 'what was dropped is not a file on this disk', retryable: false } as const;
      return Promise.resolve({ ok: false, error });
    }
    return ipcRenderer.invoke(PRELOAD_CHANNEL, 'library.addPaths', { paths });
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
