/** The face of the events module. */
export { appendEvents } from './append.ts';
export { deleteOldEvents } from './read.ts';
export { createWake } from './wake.ts';
