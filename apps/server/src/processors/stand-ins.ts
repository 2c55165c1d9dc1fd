import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessorConnections } from './connections.ts';

/** The only secrets that our stand-ins take and sign with; they open nothing else. */
export const STAND_IN_STRIPE = { apiKey: 'sk_test_sandbox', webhookSecrets: ['whsec_sandbox'] };

/** Where stand-ins listen. */
export type StandInUrls = { stripe: string };

/** Beside the other stand-ins of a data folder: who runs them and where. */
export const standInsFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox', 'running-processors.json');

/** Addresses of the stand-ins that run for this data folder; null when nobody answers there. */
export async function readStandIns(dataFolder: string): Promise<StandInUrls | null> {
  const text = await readFile(standInsFile(dataFolder), 'utf8').catch(() => null);
  if (text === null) return null;
  const { stripe } = JSON.parse(text) as Partial<StandInUrls>;
  if (stripe === undefined) return null;
  const isThere = await fetch(`${stripe}/_sandbox`).then(
    (answer) => answer.ok,
    () => false,
  );
  return isThere ? { stripe } : null;
}

export const standInConnections = (urls: StandInUrls): ProcessorConnections => ({
  stripe: { ...STAND_IN_STRIPE, baseUrl: urls.stripe, isSandbox: true },
});
