export { createEngineHost, type EngineHost } from './host.ts';
export type { EngineLimits } from './limits.ts';
