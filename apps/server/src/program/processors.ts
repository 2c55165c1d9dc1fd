import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { withStartLock } from '../db/start-lock.ts';
import type { ProcessorConnections } from '../processors/connections.ts';
import {
  readStandIns,
  STAND_IN_STRIPE,
  STAND_IN_YOOKASSA,
  type StandInUrls,
  standInConnections,
  standInsFile,
} from '../processors/stand-ins.ts';
import { createStripeEndpoint } from '../processors/stripe/adapter.ts';
import { startStripeSandbox } from '../sandbox/stripe/server.ts';
import { startYooKassaSandbox } from '../sandbox/yookassa/server.ts';

export type ProcessorSource = {
  connections: ProcessorConnections;
  /** Where our stand-ins listen; null where the real service is asked. */
  sandboxUrls: { stripe: string | null; yookassa: string | null };
  /** Tells the stand-ins where this server takes messages; real processors are told by the operator. */
  onListening(url: string): Promise<void>;
};

/** Processors by their keys; in sandbox mode our stand-ins, shared by the processes on one data folder. */
export async function processorSource(config: Config, undo: (() => Promise<void>)[]): Promise<ProcessorSource> {
  const { stripe, yookassa } = config;
  if (stripe !== null || yookassa !== null || !config.sandbox) {
    const connections = {
      ...(stripe === null ? {} : { stripe: { ...stripe, isSandbox: false } }),
      ...(yookassa === null ? {} : { yookassa: { ...yookassa, isSandbox: false } }),
    };
    return { connections, sandboxUrls: { stripe: null, yookassa: null }, onListening: () => Promise.resolve() };
  }
  const urls = await joinOrStart(config.dataFolder, undo);
  const connections = standInConnections(urls);
  return {
    connections,
    sandboxUrls: urls,
    onListening: async (server) => {
      if (connections.stripe) await createStripeEndpoint(connections.stripe, `${server}/v1/webhooks/stripe`);
      const body = JSON.stringify({ notifyUrl: `${server}/v1/webhooks/yookassa/${STAND_IN_YOOKASSA.webhookSecret}` });
      await fetch(`${urls.yookassa}/_sandbox`, { method: 'POST', body });
    },
  };
}

async function joinOrStart(dataFolder: string, undo: (() => Promise<void>)[]): Promise<StandInUrls> {
  const folder = path.join(dataFolder, 'sandbox');
  await mkdir(folder, { recursive: true });
  return withStartLock(path.join(folder, 'processors-start-lock'), async () => {
    const running = await readStandIns(dataFolder);
    if (running !== null) return running;
    const [webhookSecret = ''] = STAND_IN_STRIPE.webhookSecrets;
    const { apiKey } = STAND_IN_STRIPE;
    const stripe = await startStripeSandbox({ port: 0, folder: path.join(folder, 'stripe'), apiKey, webhookSecret });
    const { shopId, secretKey } = STAND_IN_YOOKASSA;
    const yookassa = await startYooKassaSandbox({ port: 0, folder: path.join(folder, 'yookassa'), shopId, secretKey, receipts: true });
    const urls = { stripe: stripe.url, yookassa: yookassa.url };
    await writeFile(standInsFile(dataFolder), JSON.stringify(urls), { mode: 0o600 });
    undo.push(async () => {
      await rm(standInsFile(dataFolder), { force: true });
      await Promise.all([stripe.stop(), yookassa.stop()]);
    });
    return urls;
  });
}
