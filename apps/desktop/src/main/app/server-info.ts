import type { ApiClient } from '../api/index.ts';
import type { Logger } from '../logging/logger-port.ts';

export type ServerInfo = {
  readonly state: 'unknown' | 'online' | 'offline';
  readonly sandbox: boolean;
  readonly mailSandboxUrl: string | null;
  /** It offers sign-in with Google. */
  readonly google: boolean;
};

const RETRY_MS = 15_000;

/**
 * What is known about the server: whether it answers, and whether it is a sandbox.
 */
export class ServerInfoService {
  readonly #api: ApiClient;
  readonly #logger: Logger;
  readonly #onChange: (info: ServerInfo) => void;
  #info: ServerInfo = { state: 'unknown', sandbox: false, mailSandboxUrl: null, google: false };
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(api: ApiClient, logger: Logger, onChange: (info: ServerInfo) => void) {
    this.#api = api;
    this.#logger = logger;
    this.#onChange = onChange;
    api.onReachable((isReachable) => {
      this.#set({ state: isReachable ? 'online' : 'offline' });
      if (!isReachable) this.#retryLater();
    });
  }

  get info(): ServerInfo {
    return this.#info;
  }

  /** Asks the server anew; a server that doesn't answer is asked again later. Never throws. */
  async refresh(): Promise<void> {
    try {
      const info = await this.#api.call('system.info', {}, { retries: 0 });
      this.#set({ state: 'online', sandbox: info.sandbox, mailSandboxUrl: info.mailSandboxUrl, google: info.google });
    } catch (error) {
      this.#logger.info({ err: error }, 'the server does not answer');
      this.#set({ state: 'offline' });
      this.#retryLater();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #retryLater(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, RETRY_MS);
  }

  #set(change: Partial<ServerInfo>): void {
    const before = this.#info;
    this.#info = { ...before, ...change };
    if (JSON.stringify(before) !== JSON.stringify(this.#info)) this.#onChange(this.#info);
  }
}
