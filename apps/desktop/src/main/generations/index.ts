export { downloadResult } from './download.ts';
export { type CloudContext, type CloudOutcome, type CloudRequest, createGenerationService } from './service.ts';
export { completeSettings, priceFor, schemaOf } from './settings.ts';
export type { CloudSource } from './sources.ts';
