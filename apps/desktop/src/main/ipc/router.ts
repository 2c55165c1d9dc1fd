import { IPC_ROUTES, type IpcOutput, type IpcParsed, type IpcRouteId, MAX_IPC_CHARS } from '@pingplex/shared/contracts/ipc';
import { AppError, type Envelope, toAppError } from '@pingplex/shared/errors';
import { isTrustedSender, type Sender } from '../security/origins.ts';

/** One handler per declared route: a missing or an extra one doesn't compile. */
export type IpcHandlers = { readonly [R in IpcRouteId]: (input: IpcParsed<R>) => Promise<IpcOutput<R>> | IpcOutput<R> };

/** A call as it came over a channel; `fromPreload` is true on preload's own channel. */
export type IpcCall = { readonly sender: Sender | null; readonly fromPreload: boolean; readonly route: unknown; readonly input: unknown };

type Report = (route: string, error: AppError) => void;

/**
 * Answers one call: who asks, which route, is the input what the contract says, then one handler. Always an envelope.
 * @param report told about errors that are ours (`internal.unexpected`), for the log
 */
export function createRouter(handlers: IpcHandlers, report: Report): (call: IpcCall) => Promise<Envelope<unknown>> {
  return async ({ sender, fromPreload, route, input }) => {
    try {
      if (!isTrustedSender(sender)) throw new AppError('ipc.refused', 'the caller is not the window of pingplex');
      if (typeof route !== 'string' || !isRoute(route)) throw new AppError('ipc.unknownRoute', 'no such call');
      const declared = IPC_ROUTES[route];
      if (declared.preloadOnly && !fromPreload) throw new AppError('ipc.refused', 'this call is not open to the page');
      if (sizeOf(input) > MAX_IPC_CHARS) throw new AppError('request.tooLarge', 'the request is too long');
      const parsed = declared.input.safeParse(input);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw new AppError('request.invalid', issue?.message ?? 'invalid request', { field: issue?.path.join('.') ?? '' });
      }
      const handle = handlers[route] as (input: unknown) => unknown;
      return { ok: true, data: await handle(parsed.data) };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal.unexpected') {
        report(String(route), error);
        // What we didn't expect may say anything; its words are for the log, not for the page.
        return { ok: false, error: new AppError('internal.unexpected', 'unexpected error').toData() };
      }
      return { ok: false, error: error.toData() };
    }
  };
}

function isRoute(route: string): route is IpcRouteId {
  return Object.hasOwn(IPC_ROUTES, route);
}

function sizeOf(input: unknown): number {
  try {
    return JSON.stringify(input)?.length ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
