export {
  type ApiClient,
  type ApiOptions,
  type ByteStream,
  type CallAnswer,
  type CallInput,
  type CallOptions,
  createApiClient,
  type TokenSource,
} from './client.ts';
export { createEventStream, type EventStream } from './event-stream.ts';
