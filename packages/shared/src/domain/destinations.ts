import { z } from 'zod';
import type { Destination } from './destination.ts';
import { DESTINATIONS } from './destination-data.ts';
import type { MediaKind } from './media.ts';

const byId: ReadonlyMap<string, Destination> = new Map(DESTINATIONS.map((one) => [one.id, one]));

export const DestinationId = z.enum(DESTINATIONS.map((one) => one.id) as [string, ...string[]]);

/** The destination of this id, or undefined for an unknown one. */
export const destinationOf = (id: string | undefined): Destination | undefined => (id === undefined ? undefined : byId.get(id));

/** True when files of this kind can be made ready for the destination. */
export function destinationTakes({ kind }: Pick<Destination, 'kind'>, source: MediaKind): boolean {
  return kind === source || (kind === 'audio' && source === 'video');
}
