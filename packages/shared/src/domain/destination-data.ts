import type { Destination } from './destination.ts';
import { MESSAGES_AND_SHOPS } from './destinations-more.ts';
import { SOCIAL } from './destinations-social.ts';

/** Every destination, in the order in which they are offered. Rules change: each entry says when its own were read. */
export const DESTINATIONS: readonly Destination[] = [...SOCIAL, ...MESSAGES_AND_SHOPS];
