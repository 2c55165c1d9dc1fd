import { createHash } from 'node:crypto';
import type { SecretStore } from '../account/index.ts';

/**
 * Gives every profile its own entries in the user's one keychain: an app with another user-data folder (a second installation, a test)
 * must not replace this one's session.
 * @param userData absolute path of the profile's folder; only a hash of it is written
 */
export function scopeSecrets(store: SecretStore, userData: string): SecretStore {
  const profile = createHash('sha256').update(userData).digest('hex').slice(0, 16);
  const scoped = (name: string): string => `${name}@${profile}`;
  return {
    get: (name) => store.get(scoped(name)),
    set: (name, value) => store.set(scoped(name), value),
    delete: (name) => store.delete(scoped(name)),
  };
}
