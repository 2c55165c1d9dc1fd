/** The face of the generations module. */
export { cancelGeneration } from './cancel.ts';
export { checkGenerations, GENERATION_RULE_COUNT } from './check.ts';
export { createGeneration } from './create.ts';
export { declareQueues, handleJobs, startSweeping } from './jobs.ts';
export { setParallel } from './lanes.ts';
export { setProviderLimits, showProviders } from './limits.ts';
export { listGenerations, readGeneration } from './read.ts';
export { traceGeneration } from './trace.ts';
export { DEFAULT_SETTINGS, type Deps as GenerationDeps, type GenerationSettings, QUEUES } from './types.ts';
