/** The face of the events module. */
export { appendEvents, type NewEvent } from './append.ts';
export { deleteOldEvents, type Renderers } from './read.ts';
export { type EventStreamDeps, streamEvents } from './stream.ts';
export { createWake, type Wake } from './wake.ts';
