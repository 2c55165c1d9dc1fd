export {
  type CloudContext,
  type CloudFile,
  type CloudOutcome,
  type CloudRequest,
  createGenerationService,
  type GenerationOptions,
  type GenerationService,
} from './service.ts';
export { completeSettings, priceFor } from './settings.ts';
