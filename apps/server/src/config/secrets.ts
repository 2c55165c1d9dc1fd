import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, type Env } from './env-schema.ts';

export type Secrets = {
  /** 32 bytes: seals signing keys at rest and keys the hashes of addresses. */
  sealingKey: Buffer;
  peppers: Peppers;
};

/** Keys of the HMAC in front of bcrypt by version; the highest version is used for new passwords. */
export type Peppers = { current: number; byVersion: ReadonlyMap<number, Buffer> };

type Stored = { sealingKey: string; passwordPeppers: string };

/**
 * Secrets from the environment. Outside production missing ones are made once and kept in `<dataFolder>/secrets.json` (0600).
 * @throws ConfigError naming what is missing, too short or obviously a sample
 */
export async function readSecrets(env: Env, dataFolder: string): Promise<Secrets> {
  const mistakes: string[] = [];
  let { PINGPLEX_SEALING_KEY: sealing, PINGPLEX_PASSWORD_PEPPERS: peppers } = env;
  if (sealing === undefined || peppers === undefined) {
    if (env.NODE_ENV === 'production') {
      if (sealing === undefined) mistakes.push('PINGPLEX_SEALING_KEY: missing (32 random bytes in base64)');
      if (peppers === undefined) mistakes.push('PINGPLEX_PASSWORD_PEPPERS: missing (1:<32 random bytes in base64>)');
    } else {
      const stored = await storedSecrets(dataFolder);
      sealing ??= stored.sealingKey;
      peppers ??= stored.passwordPeppers;
    }
  }
  const sealingKey = decodeKey('PINGPLEX_SEALING_KEY', sealing, mistakes);
  const byVersion = new Map<number, Buffer>();
  for (const part of peppers?.split(',') ?? []) {
    const [version = '', key] = part.split(/:(.*)/s);
    if (!/^[1-9]\d{0,4}$/.test(version)) mistakes.push('PINGPLEX_PASSWORD_PEPPERS: each entry is <version>:<base64>');
    else byVersion.set(Number(version), decodeKey('PINGPLEX_PASSWORD_PEPPERS', key, mistakes));
  }
  if (mistakes.length > 0) throw new ConfigError(`the configuration has mistakes:\n  ${[...new Set(mistakes)].join('\n  ')}`);
  return { sealingKey, peppers: { current: Math.max(...byVersion.keys()), byVersion } };
}

function decodeKey(name: string, value: string | undefined, mistakes: string[]): Buffer {
  const key = Buffer.from(value ?? '', 'base64');
  // A key of few different bytes was typed by somebody, not drawn.
  if (value !== undefined && (key.length !== 32 || new Set(key).size < 12)) mistakes.push(`${name}: not 32 random bytes in base64`);
  return key;
}

async function storedSecrets(dataFolder: string): Promise<Stored> {
  await mkdir(dataFolder, { recursive: true });
  const file = path.join(dataFolder, 'secrets.json');
  const made: Stored = { sealingKey: randomBytes(32).toString('base64'), passwordPeppers: `1:${randomBytes(32).toString('base64')}` };
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, JSON.stringify(made), { mode: 0o600 });
  try {
    // A link takes the name only when it is free: of several processes that start at once one wins, and nobody reads half a file.
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
  return JSON.parse(await readFile(file, 'utf8')) as Stored;
}
