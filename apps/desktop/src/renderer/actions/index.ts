export * from './actions.ts';
export * from './registry.ts';
