export * from './jobs.ts';
export * from './messages.ts';
export * from './outcomes.ts';
