import type { KeychainState } from '@pingplex/shared/contracts/ipc';

/**
 * Where secrets rest. `kept`: in the OS keychain. `sessionOnly`: there is no keychain, so they live in memory until quit. `locked`: there
 * is one, but it doesn't open now. Never throws and never writes plain text anywhere.
 */
export type SecretStore = {
  get(name: string): Promise<{ readonly state: KeychainState; readonly value: string | null }>;
  set(name: string, value: string): Promise<KeychainState>;
  delete(name: string): Promise<KeychainState>;
};

/** Secrets that end with the process. */
export function createMemorySecretStore(): SecretStore {
  const values = new Map<string, string>();
  return {
    get: async (name) => ({ state: 'sessionOnly', value: values.get(name) ?? null }),
    set: async (name, value) => {
      values.set(name, value);
      return 'sessionOnly';
    },
    delete: async (name) => {
      values.delete(name);
      return 'sessionOnly';
    },
  };
}
