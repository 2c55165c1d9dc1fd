import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessorConnections } from './connections.ts';

/** The only secrets that our stand-ins take and sign with; they open nothing else. */
export const STAND_IN_STRIPE = { apiKey: 'sk_test_sandbox', webhookSecrets: ['whsec_sandbox'] };
export const STAND_IN_YOOKASSA = { shopId: '100500', secretKey: 'test_sandbox', webhookSecret: 'sandbox' };
const RECEIPTS = { vatCode: 1, taxSystem: null, subject: 'service', mode: 'full_payment' };

/** Where stand-ins listen. */
export type StandInUrls = { stripe: string; yookassa: string };

/** Beside the other stand-ins of a data folder: who runs them and where. */
export const standInsFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox', 'running-processors.json');

/** Addresses of the stand-ins that run for this data folder; null when nobody answers there. */
export async function readStandIns(dataFolder: string): Promise<StandInUrls | null> {
  const text = await readFile(standInsFile(dataFolder), 'utf8').catch(() => null);
  if (text === null) return null;
  const { stripe, yookassa } = JSON.parse(text) as Partial<StandInUrls>;
  if (stripe === undefined || yookassa === undefined) return null;
  const answers = (url: string): Promise<boolean> =>
    fetch(`${url}/_sandbox`).then(
      (answer) => answer.ok,
      () => false,
    );
  return (await answers(stripe)) && (await answers(yookassa)) ? { stripe, yookassa } : null;
}

export const standInConnections = (urls: StandInUrls): ProcessorConnections => ({
  stripe: { ...STAND_IN_STRIPE, baseUrl: urls.stripe, isSandbox: true },
  yookassa: { ...STAND_IN_YOOKASSA, baseUrl: urls.yookassa, receipts: RECEIPTS, isSandbox: true },
});
