export { type CloudContext, type CloudOutcome, type CloudRequest, createGenerationService } from './service.ts';
export { completeSettings, priceFor } from './settings.ts';
