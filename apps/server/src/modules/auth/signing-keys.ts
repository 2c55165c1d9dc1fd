import { createHash } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importJWK, importPKCS8, type JWK } from 'jose';
import { ConfigError } from '../../config/env-schema.ts';
import { seal, unseal } from '../../config/seal.ts';
import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import { recordSecurityEvent } from './security-events.ts';

const ROTATE_AFTER_DAYS = 90;
/** Longer than any access token lives, leeway included. */
const KEEP_RETIRED_MS = 60 * 60 * 1000;
const REFETCH_AFTER_MS = 60_000;
const ROTATION_LOCK = 7_116_720_103;

type Key = CryptoKey | Uint8Array;
type Loaded = { current: { kid: string; key: Key }; verify: ReadonlyMap<string, Key>; jwks: JWK[] };

export type SigningKeys = {
  /** The key that new tokens are signed with. */
  current(): Promise<{ kid: string; key: Key }>;
  /** The public key of a `kid`, or undefined. An unknown one is looked up again at most once a minute. */
  verifier(kid: string): Promise<Key | undefined>;
  /** Public keys: the current one, the next one and those whose tokens may still live. */
  jwks(): Promise<JWK[]>;
  /** Makes the next key the current one. `due` does so only when the current one is 90 days old. */
  rotate(when: 'now' | 'due'): Promise<void>;
};

/** Ed25519 keys for access tokens, shared by all processes through the database, private halves sealed. */
export function createSigningKeys(db: Db, sealingKey: Buffer): SigningKeys {
  let loaded: Promise<Loaded> | undefined;
  let loadedAt = 0;

  const reload = (): Promise<Loaded> => {
    loadedAt = Date.now();
    loaded = load(db, sealingKey).catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  // Reread every minute, so that a rotation elsewhere reaches this process long before the retired key disappears.
  const get = (): Promise<Loaded> => (loaded !== undefined && Date.now() - loadedAt < REFETCH_AFTER_MS ? loaded : reload());

  return {
    current: async () => (await get()).current,
    verifier: async (kid) => (await get()).verify.get(kid),
    jwks: async () => (await get()).jwks,
    async rotate(when) {
      await rotate(db, sealingKey, when);
      await reload();
    },
  };
}

async function load(db: Db, sealingKey: Buffer): Promise<Loaded> {
  await rotate(db, sealingKey, 'due');
  const rows = await db.signingKey.findMany({ orderBy: { createdAt: 'asc' } });
  const current = rows.filter((row) => row.activatedAt !== null && row.retiredAt === null).at(-1);
  if (current === undefined) throw new Error('there is no signing key');
  const pem = openKey(sealingKey, current.kid, current.privateSealed);
  const verify = new Map<string, Key>();
  for (const row of rows) verify.set(row.kid, await importJWK(row.publicJwk as JWK, 'EdDSA'));
  return {
    current: { kid: current.kid, key: await importPKCS8(pem, 'EdDSA') },
    verify,
    jwks: rows.map((row) => row.publicJwk as JWK),
  };
}

/** Keeps one current and one published next key; several processes may call it at once. */
async function rotate(db: Db, sealingKey: Buffer, when: 'now' | 'due'): Promise<void> {
  const now = Date.now();
  const rows = await db.signingKey.findMany();
  const isCurrentYoung = rows.some((r) => r.activatedAt && !r.retiredAt && r.activatedAt.getTime() > now - ROTATE_AFTER_DAYS * 86_400_000);
  const hasNext = rows.some((r) => !r.activatedAt);
  if (when === 'due' && isCurrentYoung && hasNext) return;
  const spare = [await makeKey(sealingKey), await makeKey(sealingKey)] as const;
  await inTransaction(db, async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${ROTATION_LOCK}::bigint)::text`;
    const keys = await tx.signingKey.findMany({ where: { retiredAt: null }, orderBy: { createdAt: 'asc' } });
    const current = keys.find((k) => k.activatedAt !== null);
    const next = keys.find((k) => k.activatedAt === null);
    const isYoung = current?.activatedAt != null && current.activatedAt.getTime() > now - ROTATE_AFTER_DAYS * 86_400_000;
    if (when === 'due' && isYoung && next) return;
    if (when === 'now' || !isYoung) {
      const successor = next ?? (await tx.signingKey.create({ data: spare[0] }));
      await tx.signingKey.update({ where: { kid: successor.kid }, data: { activatedAt: new Date(now) } });
      if (current) await tx.signingKey.update({ where: { kid: current.kid }, data: { retiredAt: new Date(now) } });
      await recordSecurityEvent(tx, { kind: 'keys.rotated', details: { kid: successor.kid } });
      await tx.signingKey.create({ data: spare[1] });
    } else {
      await tx.signingKey.create({ data: spare[1] });
    }
    await tx.signingKey.deleteMany({ where: { retiredAt: { lt: new Date(now - KEEP_RETIRED_MS) } } });
  });
}

async function makeKey(
  sealingKey: Buffer,
): Promise<{ kid: string; publicJwk: Record<string, string>; privateSealed: Uint8Array<ArrayBuffer> }> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  const kid = createHash('sha256')
    .update(await calculateJwkThumbprint(jwk))
    .digest('base64url')
    .slice(0, 22);
  const pem = await exportPKCS8(pair.privateKey);
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: String(jwk.x), kid, alg: 'EdDSA', use: 'sig' };
  return { kid, publicJwk, privateSealed: new Uint8Array(seal(sealingKey, `signing-key:${kid}`, Buffer.from(pem))) };
}

function openKey(sealingKey: Buffer, kid: string, sealed: Uint8Array): string {
  try {
    return unseal(sealingKey, `signing-key:${kid}`, sealed).toString();
  } catch (cause) {
    throw new ConfigError('PINGPLEX_SEALING_KEY: does not open the signing keys of this database; it was another one when they were made', {
      cause,
    });
  }
}
