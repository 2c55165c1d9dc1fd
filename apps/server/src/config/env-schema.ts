import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().min(1).max(1_000_000);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const url = z.url({ protocol: /^https?$/ });

/** Every variable that the server reads. docs/operators.md explains them; a test holds the two together. */
export const EnvSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  PINGPLEX_DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(8),
  PINGPLEX_HOST: z.string().min(1).default('127.0.0.1'),
  PINGPLEX_PORT: port.default(0),
  PINGPLEX_METRICS_PORT: port.optional(),
  PINGPLEX_PUBLIC_URL: url.optional(),
  PINGPLEX_TRUST_PROXY: z.string().default('0'),
  PINGPLEX_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PINGPLEX_SEALING_KEY: z.string().optional(),
  PINGPLEX_PASSWORD_PEPPERS: z.string().optional(),
  PINGPLEX_COUNTRY_FILE: z.string().min(1).optional(),
  PINGPLEX_BCRYPT_COST: z.coerce.number().int().min(10).max(15).default(12),
  PINGPLEX_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  PINGPLEX_MAIL_FROM: z.string().min(3).max(200).default('pingplex <no-reply@pingplex.example>'),
  PINGPLEX_MAIL_SANDBOX_URL: url.optional(),
  PINGPLEX_ALLOW_SANDBOX: flag.default(false),
  PINGPLEX_LIMIT_SIGN_UPS: count.optional(),
  PINGPLEX_LIMIT_MAILS_PER_ADDRESS: count.default(3),
  PINGPLEX_LIMIT_MAILS_PER_NETWORK: count.optional(),
  PINGPLEX_LIMIT_WRITES_PER_MINUTE: count.default(600),
  PINGPLEX_LIMIT_SIGN_IN_ALARM: count.default(500),
  GOOGLE_CLIENT_ID: z.string().min(8).optional(),
  GOOGLE_CLIENT_SECRET: z.string().min(8).optional(),
  PINGPLEX_GOOGLE_URL: url.optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_/, 'not a secret or restricted key')
    .optional(),
  STRIPE_WEBHOOK_SECRETS: z.string().optional(),
  PINGPLEX_STRIPE_URL: url.optional(),
  YOOKASSA_SHOP_ID: z.string().regex(/^\d+$/, 'not a shop id').optional(),
  YOOKASSA_SECRET_KEY: z.string().min(8).optional(),
  YOOKASSA_WEBHOOK_SECRET: z
    .string()
    .regex(/^[\w-]{20,200}$/, 'at least 20 letters, digits, - or _')
    .optional(),
  YOOKASSA_RECEIPTS: flag.default(false),
  YOOKASSA_VAT_CODE: z.coerce.number().int().min(1).max(12).default(1),
  YOOKASSA_TAX_SYSTEM: z.coerce.number().int().min(1).max(6).optional(),
  YOOKASSA_PAYMENT_SUBJECT: z.string().min(1).max(40).default('service'),
  YOOKASSA_PAYMENT_MODE: z.enum(['full_payment', 'full_prepayment']).default('full_payment'),
  PINGPLEX_YOOKASSA_URL: url.optional(),
  OPENAI_API_KEY: z.string().min(20).optional(),
  PINGPLEX_OPENAI_URL: url.optional(),
  GEMINI_API_KEY: z.string().min(16).optional(),
  PINGPLEX_GEMINI_URL: url.optional(),
  KLING_API_KEY: z.string().min(16).optional(),
  KLING_ACCESS_KEY: z.string().min(8).optional(),
  KLING_SECRET_KEY: z.string().min(16).optional(),
  PINGPLEX_KLING_URL: url.optional(),
  DASHSCOPE_API_KEY: z.string().min(16).optional(),
  PINGPLEX_DASHSCOPE_URL: url.optional(),
});
export type Env = z.infer<typeof EnvSchema>;

/**
 * Checks all variables at once, so that an operator mends them in one go.
 * @throws Error listing every wrong name and why; values are not repeated, they may be secrets
 */
export function readEnv(source: NodeJS.ProcessEnv): Env {
  // An empty variable is how many systems say "not set".
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = EnvSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the configuration has ${lines.length} mistake${lines.length === 1 ? '' : 's'}:\n${lines.join('\n')}`);
}

/** What an operator has to mend before the server can start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
