import type { Config } from '../../config/config.ts';
import type { Db } from '../../db/client.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Queue } from '../../queue/queue.ts';
import { createAuthenticator } from './authenticator.ts';
import { authComposers } from './composers.ts';
import { createDeviceSessions } from './device-sessions.ts';
import { startHousekeeping } from './jobs.ts';
import { createAuthLimits } from './limits.ts';
import { mailPages } from './pages.ts';
import { createPasswordHasher } from './password-hasher.ts';
import type { AuthPorts } from './ports.ts';
import { authRoutes, jwksRoute } from './routes.ts';
import { createAuthService } from './service.ts';
import { createSigningKeys } from './signing-keys.ts';

export type AccountsDeps = {
  config: Config;
  db: Db;
  databaseUrl: string;
  queue: Queue;
  outbox: Outbox;
  metrics: Metrics;
  ports: AuthPorts;
};

/** The accounts module, put together. */
export function createAccounts(deps: AccountsDeps) {
  const { config, db, outbox, ports } = deps;
  const { sealingKey, peppers } = config.secrets;
  const keys = createSigningKeys(db, sealingKey);
  const limits = createAuthLimits(deps.databaseUrl, config.limits, sealingKey);
  const sessions = createDeviceSessions({ db, keys, outbox, ports });
  const hasher = createPasswordHasher(peppers, config.bcryptCost);
  const auth = createAuthService({ db, hasher, sessions, limits, outbox, ports, metrics: deps.metrics, sealingKey });
  return {
    keys,
    sessions,
    handlers: authRoutes(auth, sessions),
    rawRoutes: [jwksRoute(keys), ...mailPages],
    authenticator: createAuthenticator(db, keys),
    composers: authComposers(db),
    limitWrites: (userId: string) => limits.countWrite(userId),
    startHousekeeping: () => startHousekeeping(deps.queue, db, keys),
    close: () => limits.close(),
  };
}
