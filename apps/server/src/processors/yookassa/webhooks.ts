import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import { AppError } from '@pingplex/shared/errors';
import type { Incoming, Notice, ObjectRef } from '../port.ts';
import type { YooKassaConnection } from './client.ts';
import { Notification } from './wire.ts';

/** Where the service sends its messages from (its documentation, 2026-04). */
const NETWORKS = [
  ['185.71.76.0', 27, 'ipv4'],
  ['185.71.77.0', 27, 'ipv4'],
  ['77.75.153.0', 25, 'ipv4'],
  ['77.75.154.128', 25, 'ipv4'],
  ['77.75.156.11', 32, 'ipv4'],
  ['77.75.156.35', 32, 'ipv4'],
  ['2a02:5180::', 32, 'ipv6'],
] as const;

const allowed = new BlockList();
for (const [network, bits, family] of NETWORKS) allowed.addSubnet(network, bits, family);

const isAllowed = (ip: string): boolean =>
  allowed.check(ip.replace(/^::ffff:/i, ''), isIPv6(ip) && !/^::ffff:/i.test(ip) ? 'ipv6' : 'ipv4');
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Messages carry no signature. The part of the address that only the service was told, and its networks, keep noise away; nothing of
 * a message is believed anyhow, the object is read back with our own key.
 */
export function verifyNotification(connection: YooKassaConnection, incoming: Incoming): Notice {
  const isTold = timingSafeEqual(digest(incoming.secret), digest(connection.webhookSecret));
  if (!isTold || !(connection.isSandbox || isAllowed(incoming.ip))) throw new AppError('billing.webhookRejected', 'not from the service');
  const { event, object } = parse(incoming.raw);
  return { dedupeKey: `${event}:${object.id}:${object.status}`, type: event, ref: refOf(event, object.id), alert: null };
}

function parse(raw: Buffer): { event: string; object: { id: string; status: string } } {
  try {
    return Notification.parse(JSON.parse(raw.toString('utf8')));
  } catch (cause) {
    throw new AppError('billing.webhookRejected', 'not a message of the service', { cause });
  }
}

function refOf(event: string, id: string): ObjectRef | null {
  if (event.startsWith('payment.')) return { type: 'checkout', id };
  if (event.startsWith('refund.')) return { type: 'refund', id };
  return event.startsWith('payment_method.') ? { type: 'method', id } : null;
}
