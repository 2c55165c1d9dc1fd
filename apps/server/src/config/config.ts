import path from 'node:path';
import { ConfigError, type Env, readEnv } from './env-schema.ts';
import { readSecrets, type Secrets } from './secrets.ts';

export type Role = 'all' | 'api' | 'worker';

export type Limits = {
  /** Sign-ups per hour and network. */
  signUps: number;
  /** Mails that anybody may ask for, per hour and address. */
  mailsPerAddress: number;
  mailsPerAddressDay: number;
  /** The same per hour and network. */
  mailsPerNetwork: number;
  /** Failed sign-ins of everybody in ten minutes that raise an alarm. */
  signInAlarm: number;
  /** Changing requests per minute and signed-in user. */
  writesPerMinute: number;
};

/** The OpenID client that Google's console gave out; `issuer` is another address that speaks the same protocol. */
export type GoogleClient = { clientId: string; clientSecret: string; issuer: string };

/** An API key, or an access key with its secret: the vendor gives out both kinds. */
export type KlingKeys = { apiKey: string } | { accessKey: string; secretKey: string };

export type Config = {
  environment: Env['NODE_ENV'];
  role: Role;
  host: string;
  /** 0: any free port. */
  port: number;
  /** Prometheus figures on 127.0.0.1; null: not served. */
  metricsPort: number | null;
  /** Start of every link that we send; null: the address that the server listens on (development and sandbox). */
  publicUrl: string | null;
  trustProxy: number | string[];
  dataFolder: string;
  /** Null: embedded PostgreSQL in the data folder. */
  databaseUrl: string | null;
  databasePool: number;
  /** Outside services are our own stand-ins. */
  sandbox: boolean;
  openai: { apiKey: string | null; baseUrl: string | null };
  gemini: { apiKey: string | null; baseUrl: string | null };
  kling: { credentials: KlingKeys | null; baseUrl: string | null };
  dashscope: { apiKey: string | null; baseUrl: string | null };
  /** Null: sign-in with Google is not offered (in sandbox mode our stand-in is). */
  google: GoogleClient | null;
  /** Null: nothing is sold through it. */
  stripe: { apiKey: string; webhookSecrets: string[]; baseUrl: string | null } | null;
  yookassa: {
    shopId: string;
    secretKey: string;
    /** Part of the address of its messages, which carry no signature. */
    webhookSecret: string;
    receipts: { vatCode: number; taxSystem: number | null; subject: string; mode: string } | null;
    baseUrl: string | null;
  } | null;
  mail: { smtpUrl: string | null; from: string; sandboxPageUrl: string | null };
  secrets: Secrets;
  /** A file that tells the country of an address; null: the packaged one. */
  countryFile: string | null;
  bcryptCost: number;
  limits: Limits;
  logLevel: Env['PINGPLEX_LOG_LEVEL'];
};

export type CommandLine = { port?: number; data?: string; role?: Role };

/** Where the repository's own scripts keep a development server. */
export const DEFAULT_DATA_FOLDER = path.resolve(import.meta.dirname, '../../../../.pingplex/server');

/**
 * Reads the configuration once, at the start.
 * @throws ConfigError with everything that is wrong
 */
export async function loadConfig(source: NodeJS.ProcessEnv, line: CommandLine = {}): Promise<Config> {
  const env = readEnv(source);
  const production = env.NODE_ENV === 'production';
  const mistakes: string[] = [];
  const kling = klingKeys(env, mistakes);
  const google = googleClient(env, mistakes);
  const stripe = stripeAccount(env, mistakes);
  const yookassa = yooKassaShop(env, mistakes);
  const keys = [env.OPENAI_API_KEY, env.GEMINI_API_KEY, kling, env.DASHSCOPE_API_KEY];
  const sandbox = keys.every((key) => key === undefined || key === null);
  if (production && sandbox && !env.PINGPLEX_ALLOW_SANDBOX) {
    mistakes.push(
      'OPENAI_API_KEY, GEMINI_API_KEY, KLING_API_KEY, DASHSCOPE_API_KEY: no key of any provider; sandbox mode in production needs PINGPLEX_ALLOW_SANDBOX=1 as well',
    );
  }
  if (production && !sandbox && env.PINGPLEX_SMTP_URL === undefined) mistakes.push('PINGPLEX_SMTP_URL: missing in production');
  if (production && env.PINGPLEX_PUBLIC_URL === undefined) mistakes.push('PINGPLEX_PUBLIC_URL: missing in production');
  if (production && env.PINGPLEX_PUBLIC_URL?.startsWith('http:')) mistakes.push('PINGPLEX_PUBLIC_URL: must be https in production');
  if (mistakes.length > 0) throw new ConfigError(`the configuration has mistakes:\n  ${mistakes.join('\n  ')}`);
  const dataFolder = path.resolve(line.data ?? DEFAULT_DATA_FOLDER);
  const perNetwork = networkLimits(env, production);
  return {
    environment: env.NODE_ENV,
    role: line.role ?? 'all',
    host: env.PINGPLEX_HOST,
    port: line.port ?? env.PINGPLEX_PORT,
    metricsPort: env.PINGPLEX_METRICS_PORT ?? null,
    publicUrl: env.PINGPLEX_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    trustProxy: parseTrustProxy(env.PINGPLEX_TRUST_PROXY),
    dataFolder,
    databaseUrl: env.DATABASE_URL ?? null,
    databasePool: env.PINGPLEX_DATABASE_POOL,
    sandbox,
    openai: { apiKey: env.OPENAI_API_KEY ?? null, baseUrl: env.PINGPLEX_OPENAI_URL ?? null },
    gemini: { apiKey: env.GEMINI_API_KEY ?? null, baseUrl: env.PINGPLEX_GEMINI_URL ?? null },
    kling: { credentials: kling, baseUrl: env.PINGPLEX_KLING_URL ?? null },
    dashscope: { apiKey: env.DASHSCOPE_API_KEY ?? null, baseUrl: env.PINGPLEX_DASHSCOPE_URL ?? null },
    google,
    stripe,
    yookassa,
    mail: { smtpUrl: env.PINGPLEX_SMTP_URL ?? null, from: env.PINGPLEX_MAIL_FROM, sandboxPageUrl: env.PINGPLEX_MAIL_SANDBOX_URL ?? null },
    secrets: await readSecrets(env, dataFolder),
    countryFile: env.PINGPLEX_COUNTRY_FILE ?? null,
    bcryptCost: env.PINGPLEX_BCRYPT_COST,
    limits: {
      ...perNetwork,
      mailsPerAddress: env.PINGPLEX_LIMIT_MAILS_PER_ADDRESS,
      mailsPerAddressDay: Math.ceil((env.PINGPLEX_LIMIT_MAILS_PER_ADDRESS * 10) / 3),
      signInAlarm: env.PINGPLEX_LIMIT_SIGN_IN_ALARM,
      writesPerMinute: env.PINGPLEX_LIMIT_WRITES_PER_MINUTE,
    },
    logLevel: env.PINGPLEX_LOG_LEVEL,
  };
}

function klingKeys(env: Env, mistakes: string[]): KlingKeys | null {
  if (env.KLING_API_KEY !== undefined) return { apiKey: env.KLING_API_KEY };
  const { KLING_ACCESS_KEY: accessKey, KLING_SECRET_KEY: secretKey } = env;
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey };
  if (accessKey !== undefined || secretKey !== undefined) mistakes.push('KLING_ACCESS_KEY, KLING_SECRET_KEY: one needs the other');
  return null;
}

function googleClient(env: Env, mistakes: string[]): GoogleClient | null {
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } = env;
  if (clientId !== undefined && clientSecret !== undefined) {
    return { clientId, clientSecret, issuer: env.PINGPLEX_GOOGLE_URL ?? 'https://accounts.google.com' };
  }
  if (clientId !== undefined || clientSecret !== undefined) mistakes.push('GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET: one needs the other');
  return null;
}

/** Without its secrets nobody could tell the processor's messages from forged ones. */
function stripeAccount(env: Env, mistakes: string[]): Config['stripe'] {
  const webhookSecrets = (env.STRIPE_WEBHOOK_SECRETS ?? '').split(',').flatMap((part) => part.trim() || []);
  if (env.STRIPE_SECRET_KEY === undefined) return null;
  if (webhookSecrets.length === 0) mistakes.push('STRIPE_WEBHOOK_SECRETS: missing although STRIPE_SECRET_KEY is set');
  return { apiKey: env.STRIPE_SECRET_KEY, webhookSecrets, baseUrl: env.PINGPLEX_STRIPE_URL ?? null };
}

function yooKassaShop(env: Env, mistakes: string[]): Config['yookassa'] {
  const { YOOKASSA_SHOP_ID: shopId, YOOKASSA_SECRET_KEY: secretKey, YOOKASSA_WEBHOOK_SECRET: webhookSecret } = env;
  if (shopId === undefined && secretKey === undefined) return null;
  if (shopId === undefined || secretKey === undefined || webhookSecret === undefined) {
    mistakes.push('YOOKASSA_SHOP_ID, YOOKASSA_SECRET_KEY, YOOKASSA_WEBHOOK_SECRET: each needs the others');
    return null;
  }
  const receipts = {
    vatCode: env.YOOKASSA_VAT_CODE,
    taxSystem: env.YOOKASSA_TAX_SYSTEM ?? null,
    subject: env.YOOKASSA_PAYMENT_SUBJECT,
    mode: env.YOOKASSA_PAYMENT_MODE,
  };
  return {
    shopId,
    secretKey,
    webhookSecret,
    receipts: env.YOOKASSA_RECEIPTS ? receipts : null,
    baseUrl: env.PINGPLEX_YOOKASSA_URL ?? null,
  };
}

/** On a developer's machine everybody is 127.0.0.1: five sign-ups an hour would stop the second run of the demo. */
function networkLimits(env: Env, production: boolean): Pick<Limits, 'signUps' | 'mailsPerNetwork'> {
  return {
    signUps: env.PINGPLEX_LIMIT_SIGN_UPS ?? (production ? 5 : 1_000),
    mailsPerNetwork: env.PINGPLEX_LIMIT_MAILS_PER_NETWORK ?? (production ? 20 : 1_000),
  };
}

/** `0`: nobody in front; a number: so many proxies; else addresses or ranges, comma-separated. */
function parseTrustProxy(value: string): number | string[] {
  return /^\d+$/.test(value) ? Number(value) : value.split(',').map((part) => part.trim());
}
