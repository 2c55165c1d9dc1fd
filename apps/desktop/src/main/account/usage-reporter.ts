import type { MediaKind } from '@pingplex/shared/domain';
import { toAppError } from '@pingplex/shared/errors';
import type { ApiClient } from '../api/index.ts';
import type { Logger } from '../logging/logger-port.ts';

type UsageVerb = 'inspect' | 'clean' | 'unicalize' | 'convert' | 'download';
type UsageReporter = {
  /** Counts one operation. Nothing is counted while nobody is signed in. */
  count(verb: UsageVerb, kind: MediaKind, sizeBytes: number): void;
  /** Sends what was counted; failures are kept for the next time. */
  flush(): Promise<void>;
  stop(): void;
};

type SizeClass = '<1MB' | '1-10MB' | '10-100MB' | '>100MB';
const MB = 1_000_000;
const sizeClass = (bytes: number): SizeClass =>
  bytes < MB ? '<1MB' : bytes < 10 * MB ? '1-10MB' : bytes < 100 * MB ? '10-100MB' : '>100MB';

/** Counts, kinds and rough sizes of local work for the server's usage log: never names, paths or content. */
export function createUsageReporter(options: {
  readonly api: ApiClient;
  /** Id of who is signed in; null for nobody. */
  readonly accountId: () => string | null;
  readonly logger: Logger;
  /** Time between two reports. */
  readonly everyMs?: number;
}): UsageReporter {
  type Event = { verb: UsageVerb; kind: MediaKind; count: number; sizeClass: SizeClass };
  let counted = new Map<string, Event>();
  /** Whose work was counted: nobody else's report may hold it. */
  let owner: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    takeOwner();
    if (counted.size === 0) return;
    const reporter = owner;
    const events = [...counted.values()].slice(0, 100);
    counted = new Map();
    try {
      await options.api.call('usage.report', { body: { events } }, { retries: 0 });
    } catch (thrown) {
      options.logger.debug({ code: toAppError(thrown).code }, 'usage not reported');
      takeOwner();
      if (owner === reporter) for (const event of events) add(event);
    }
  }

  function takeOwner(): void {
    const current = options.accountId();
    if (current === null || current !== owner) counted.clear();
    owner = current;
  }

  function add(event: Event): void {
    const key = `${event.verb} ${event.kind} ${event.sizeClass}`;
    const known = counted.get(key);
    if (known) known.count += event.count;
    else counted.set(key, { ...event });
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((thrown: unknown) => options.logger.debug({ code: toAppError(thrown).code }, 'usage not reported'));
    }, options.everyMs ?? 20_000).unref();
  }

  return {
    count: (verb, kind, bytes) => {
      takeOwner();
      if (owner !== null) add({ verb, kind, count: 1, sizeClass: sizeClass(bytes) });
    },
    flush,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
