export { type ApiClient, createApiClient } from './client.ts';
export { createEventStream, type EventStream } from './event-stream.ts';
