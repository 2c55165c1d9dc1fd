export { type CreateService, createCreateService } from './service.ts';
