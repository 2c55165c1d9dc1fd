import type { Config, GoogleClient } from '../../config/config.ts';
import type { Db } from '../../db/client.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Queue } from '../../queue/queue.ts';
import { createAuthenticator } from './authenticator.ts';
import { createBrowserCodes } from './browser-codes.ts';
import { createBrowserHops } from './browser-sign-in.ts';
import { authComposers } from './composers.ts';
import { createCountryLookup } from './country.ts';
import { createDeviceSessions } from './device-sessions.ts';
import { createEmailChange } from './email-change.ts';
import { createGoogleSignIn } from './google-client.ts';
import { startHousekeeping } from './jobs.ts';
import { createAuthLimits } from './limits.ts';
import { mailPages } from './pages.ts';
import { createPasswordHasher } from './password-hasher.ts';
import type { AuthPorts } from './ports.ts';
import { authRoutes, credentialRoutes, jwksRoute } from './routes.ts';
import { createSecondFactor } from './second-factor.ts';
import { createAuthService } from './service.ts';
import { signInPages } from './sign-in-pages.ts';
import { createSigningKeys } from './signing-keys.ts';

export type AccountsDeps = {
  config: Config;
  db: Db;
  databaseUrl: string;
  queue: Queue;
  outbox: Outbox;
  metrics: Metrics;
  ports: AuthPorts;
  /** Whom to ask when somebody signs in with Google; null: not offered. */
  google: GoogleClient | null;
  /** Start of our own addresses; null while this process listens nowhere. */
  publicUrl: () => string | null;
  logger: Logger;
};

/** The accounts module, put together. */
export function createAccounts(deps: AccountsDeps) {
  const { config, db, outbox, ports } = deps;
  const { sealingKey, peppers } = config.secrets;
  const keys = createSigningKeys(db, sealingKey);
  const limits = createAuthLimits(deps.databaseUrl, config.limits, sealingKey);
  const countryOf = createCountryLookup(config.countryFile, deps.logger);
  const sessions = createDeviceSessions({ db, keys, outbox, ports, countryOf });
  const hasher = createPasswordHasher(peppers, config.bcryptCost);
  const secondFactor = createSecondFactor({ db, limits, outbox, sealingKey });
  const { metrics, publicUrl } = deps;
  const onAlarm = (): void => deps.logger.error('unusually many sign-ins fail: see docs/operators.md');
  const auth = createAuthService({ db, hasher, sessions, secondFactor, limits, outbox, ports, metrics, onAlarm, sealingKey });
  const emailChange = createEmailChange({ db, limits, outbox, sessions });
  const codes = createBrowserCodes({ db, isOffered: deps.google !== null, sessions, limits, outbox, sealingKey });
  const google = deps.google === null ? null : createGoogleSignIn(deps.google);
  const hops = createBrowserHops({ db, google, secondFactor, outbox, ports, publicUrl });
  return {
    keys,
    sessions,
    handlers: {
      ...authRoutes({ auth, sessions, codes, emailChange }),
      ...credentialRoutes({ db, outbox, codes, emailChange, secondFactor }),
    },
    rawRoutes: [jwksRoute(keys), ...mailPages, ...signInPages({ hops, sealingKey, publicUrl })],
    authenticator: createAuthenticator(db, keys),
    composers: authComposers(db),
    limitWrites: (userId: string) => limits.countWrite(userId),
    startHousekeeping: () => startHousekeeping(deps.queue, db, keys),
    close: () => limits.close(),
  };
}
