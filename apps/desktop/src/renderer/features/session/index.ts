export * from './hooks.ts';
export * from './store.ts';
