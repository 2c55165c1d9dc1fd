export { createEngineHost, type EngineHost, type EngineHostOptions, type EngineState, type RunOptions } from './host.ts';
export type { Lane } from './job-queue.ts';
export { deadlineFor, ENGINE_LIMITS, type EngineLimits } from './limits.ts';
