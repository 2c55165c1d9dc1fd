import type { KeychainState } from '@pingplex/shared/contracts/ipc';
import type { Logger } from '../logging/logger-port.ts';
import { createMemorySecretStore, type SecretStore } from './secret-store.ts';

/** The three calls of keytar that we use. */
export type Keychain = {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
};

const SERVICE = 'pingplex';
/** A keychain that asks its owner for a password may keep a call open for ever. */
const LIMIT_MS = 3000;
const LATE = Symbol('late');

async function inTime<T>(call: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), LIMIT_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The OS keychain as a `SecretStore`. Calls that fail mean that there is none (on Linux: no session bus), calls that don't return that it
 * is locked. A locked Linux keyring answers `null` just as an empty one does; telling these apart is up to the caller, who knows whether
 * something was stored.
 */
export function createKeychainStore(keychain: Keychain, logger: Logger): SecretStore {
  const memory = createMemorySecretStore();
  const say = (thrown: unknown): KeychainState => {
    logger.warn({ reason: thrown instanceof Error ? thrown.name : typeof thrown }, 'the keychain is not available');
    return 'sessionOnly';
  };
  return {
    get: async (name) => {
      const held = await memory.get(name);
      if (held.value !== null) return held;
      try {
        const value = await inTime(keychain.getPassword(SERVICE, name));
        return value === LATE ? { state: 'locked', value: null } : { state: 'kept', value };
      } catch (thrown) {
        return { state: say(thrown), value: null };
      }
    },
    set: async (name, value) => {
      try {
        const written = await inTime(keychain.setPassword(SERVICE, name, value));
        if (written === LATE) {
          await memory.set(name, value);
          return 'locked';
        }
        await memory.delete(name);
        return 'kept';
      } catch (thrown) {
        await memory.set(name, value);
        return say(thrown);
      }
    },
    delete: async (name) => {
      await memory.delete(name);
      try {
        return (await inTime(keychain.deletePassword(SERVICE, name))) === LATE ? 'locked' : 'kept';
      } catch (thrown) {
        return say(thrown);
      }
    },
  };
}

/** Loads keytar; a machine without its system library (libsecret on Linux) gets secrets until quit. */
export async function openKeychainStore(logger: Logger): Promise<SecretStore> {
  try {
    const keytar = await import('keytar');
    const loaded: Keychain = 'default' in keytar && keytar.default ? (keytar.default as Keychain) : keytar;
    return createKeychainStore(loaded, logger);
  } catch (thrown) {
    logger.warn({ reason: thrown instanceof Error ? thrown.name : typeof thrown }, 'the keychain library does not load');
    return createMemorySecretStore();
  }
}
