export type { AskedBatches, AskedItem, AskedRun } from './asked.ts';
export type { BatchPatch } from './change-feed.ts';
export type { CloudPort, MediaFiles, SourceFile } from './ports.ts';
export { REPORT_FORMATS, type SaveReportPorts, saveReport } from './report/save.ts';
export { type BatchServiceOptions, createBatchService } from './service.ts';
