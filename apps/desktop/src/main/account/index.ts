export { type AccountState, createAccountService } from './account-service.ts';
export { type Credentials, createCredentials } from './credentials.ts';
export { createGoogleSignIn } from './google-sign-in.ts';
export { createKeychainStore, type Keychain, openKeychainStore } from './keychain-store.ts';
export { createPreferenceSync } from './preferences.ts';
export { createMemorySecretStore, type SecretStore } from './secret-store.ts';
export { createUsageReporter } from './usage-reporter.ts';
