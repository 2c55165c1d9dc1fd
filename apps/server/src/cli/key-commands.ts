import path from 'node:path';
import { DEFAULT_DATA_FOLDER } from '../config/config.ts';
import { readEnv } from '../config/env-schema.ts';
import { readSecrets } from '../config/secrets.ts';
import type { Db } from '../db/client.ts';
import { createSigningKeys } from '../modules/auth/signing-keys.ts';
import type { Answer } from './commands.ts';

/**
 * Makes the published next key the one that new access tokens are signed with (A21). Tokens of the key before verify until they end.
 * @param dataFolder where the sealing key lies when the environment has none
 * @throws ConfigError when the sealing key is not this database's: then nothing is changed
 */
export async function keysRotate(db: Db, dataFolder: string | undefined): Promise<Answer> {
  const { sealingKey } = await readSecrets(readEnv(process.env), path.resolve(dataFolder ?? DEFAULT_DATA_FOLDER));
  const keys = createSigningKeys(db, sealingKey);
  const before = (await keys.current()).kid;
  await keys.rotate('now');
  const current = (await keys.current()).kid;
  return { ok: true, data: { before, current, published: (await keys.jwks()).map(({ kid }) => kid) } };
}
