export type { BatchPatch } from './change-feed.ts';
export type { AccountPort, CloudPort, EnginePort, MediaFiles, SourceFile, UsagePort } from './ports.ts';
export type { RecoveryReport } from './recovery.ts';
export { type BatchService, type BatchServiceOptions, createBatchService } from './service.ts';
