export * from './credentials.ts';
export * from './generation.ts';
export * from './jobs.ts';
export * from './messages.ts';
export * from './outcomes.ts';
