import { AppError } from '@pingplex/shared/errors';
import type { Handlers } from './handlers.ts';

const READY_WITHIN_MS = 1_000;

export type SystemDeps = {
  /** What must answer before work is taken. */
  checks: readonly (() => Promise<unknown>)[];
  version: string;
  sandbox: boolean;
  mailSandboxUrl: string | null;
  /** Sign-in with Google is offered. */
  google: boolean;
  isDraining: () => boolean;
};

/** What the server is, that it lives, and whether it can take work. Liveness touches nothing: a lost database must not restart us. */
export function systemRoutes(deps: SystemDeps): Handlers<'system.info' | 'system.live' | 'system.ready'> {
  return {
    'system.info': async () => ({
      name: 'pingplex',
      version: deps.version,
      sandbox: deps.sandbox,
      mailSandboxUrl: deps.mailSandboxUrl,
      google: deps.google,
    }),
    'system.live': async () => ({ ok: true }),
    'system.ready': async () => {
      const isReady = !deps.isDraining() && (await within(READY_WITHIN_MS, Promise.all(deps.checks.map((check) => check()))));
      if (!isReady) throw new AppError('request.busy', 'not ready', { retryAfterMs: 1_000 });
      return { ok: true };
    },
  };
}

/** True when the work succeeds in time. */
async function within(ms: number, work: Promise<readonly unknown[]>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(
    (parts) => parts.every((part) => part !== false),
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
