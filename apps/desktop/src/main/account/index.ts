export { type AccountOptions, type AccountService, type AccountState, createAccountService } from './account-service.ts';
export { createKeychainStore, type Keychain, openKeychainStore } from './keychain-store.ts';
export { createMemorySecretStore, type SecretStore } from './secret-store.ts';
export { createUsageReporter, type UsageReporter, type UsageVerb } from './usage-reporter.ts';
