import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { withStartLock } from '../db/start-lock.ts';
import type { ProcessorConnections } from '../processors/connections.ts';
import { readStandIns, STAND_IN_STRIPE, type StandInUrls, standInConnections, standInsFile } from '../processors/stand-ins.ts';
import { createStripeEndpoint } from '../processors/stripe/adapter.ts';
import { startStripeSandbox } from '../sandbox/stripe/server.ts';

export type ProcessorSource = {
  connections: ProcessorConnections;
  /** Where our stand-ins listen; null where the real service is asked. */
  sandboxUrls: { stripe: string | null };
  /** Tells the stand-ins where this server takes messages; real processors are told by the operator. */
  onListening(url: string): Promise<void>;
};

/** Processors by their keys; in sandbox mode our stand-ins, shared by the processes on one data folder. */
export async function processorSource(config: Config, undo: (() => Promise<void>)[]): Promise<ProcessorSource> {
  const { apiKey, webhookSecrets, baseUrl } = config.stripe;
  if (apiKey !== null || !config.sandbox) {
    const connections = apiKey === null ? {} : { stripe: { apiKey, webhookSecrets, baseUrl, isSandbox: false } };
    return { connections, sandboxUrls: { stripe: null }, onListening: () => Promise.resolve() };
  }
  const urls = baseUrl === null ? await joinOrStart(config.dataFolder, undo) : { stripe: baseUrl };
  const connections = standInConnections(urls);
  return {
    connections,
    sandboxUrls: urls,
    onListening: async (server) => {
      if (connections.stripe) await createStripeEndpoint(connections.stripe, `${server}/v1/webhooks/stripe`);
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
    await writeFile(standInsFile(dataFolder), JSON.stringify({ stripe: stripe.url }), { mode: 0o600 });
    undo.push(async () => {
      await rm(standInsFile(dataFolder), { force: true });
      await stripe.stop();
    });
    return { stripe: stripe.url };
  });
}
