import { z } from 'zod';
import { Credits } from '../../domain/ids.ts';
import { route } from './route.ts';

export const GrantKind = z.enum(['subscription', 'pack', 'promo', 'trial', 'returned', 'adjust']);

export const Grant = z.object({
  id: z.uuid(),
  kind: GrantKind,
  amount: Credits,
  available: Credits,
  held: Credits,
  frozen: Credits,
  expiresAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
});
export type Grant = z.infer<typeof Grant>;

export const Wallet = z.object({
  available: Credits,
  held: Credits,
  frozen: Credits,
  debt: Credits,
  /** Grows with every change; an older one never replaces a newer one on screen. */
  version: z.int(),
  grants: z.array(Grant),
});
export type Wallet = z.infer<typeof Wallet>;

export const MovementKind = z.enum([
  'grant',
  'hold',
  'capture',
  'release',
  'expire',
  'freeze',
  'unfreeze',
  'clawback',
  'restore',
  'compensate',
  'adjust',
]);

/** One line of the ledger as its owner reads it; the changes add up to the balance on screen. */
export const Movement = z.object({
  id: z.uuid(),
  kind: MovementKind,
  availableChange: z.int(),
  heldChange: z.int(),
  /** Code of the reason, for example `generation.refused`; texts in `text/`. */
  reason: z.string(),
  generationId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
});
export type Movement = z.infer<typeof Movement>;

export const walletRoutes = {
  'wallet.get': route({ method: 'GET', path: '/v1/wallet', access: 'session', summary: 'Balance, holds and grants', response: Wallet }),
  'wallet.movements': route({
    method: 'GET',
    path: '/v1/wallet/movements',
    access: 'session',
    summary: 'Every movement, newest first',
    query: z.strictObject({ before: z.uuid().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }),
    response: z.object({ movements: z.array(Movement), next: z.uuid().nullable() }),
  }),
} as const;
