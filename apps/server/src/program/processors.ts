import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { isAlive, withStartLock } from '../db/start-lock.ts';
import type { ProcessorConnections } from '../processors/connections.ts';
import { createStripeEndpoint } from '../processors/stripe/adapter.ts';
import { startStripeSandbox } from '../sandbox/stripe/server.ts';

export type ProcessorSource = {
  connections: ProcessorConnections;
  /** Where our stand-ins listen; null where the real service is asked. */
  sandboxUrls: { stripe: string | null };
  /** Tells the stand-ins where this server takes messages; real processors are told by the operator. */
  onListening(url: string): Promise<void>;
};

/** The only secrets that our stand-ins take and sign with; they open nothing else. */
const SANDBOX = { apiKey: 'sk_test_sandbox', webhookSecrets: ['whsec_sandbox'] };

/** Processors by their keys; in sandbox mode our stand-ins, shared by the processes on one data folder. */
export async function processorSource(config: Config, undo: (() => Promise<void>)[]): Promise<ProcessorSource> {
  const { apiKey, webhookSecrets, baseUrl } = config.stripe;
  if (apiKey !== null || !config.sandbox) {
    const connections = apiKey === null ? {} : { stripe: { apiKey, webhookSecrets, baseUrl, isSandbox: false } };
    return { connections, sandboxUrls: { stripe: null }, onListening: () => Promise.resolve() };
  }
  const url = baseUrl ?? (await joinOrStart(path.join(config.dataFolder, 'sandbox'), undo));
  const stripe = { ...SANDBOX, baseUrl: url, isSandbox: true };
  return {
    connections: { stripe },
    sandboxUrls: { stripe: url },
    onListening: async (server) => {
      await createStripeEndpoint(stripe, `${server}/v1/webhooks/stripe`);
    },
  };
}

async function joinOrStart(folder: string, undo: (() => Promise<void>)[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'running-processors.json');
  return withStartLock(path.join(folder, 'processors-start-lock'), async () => {
    const running = await readRunning(file);
    if (running !== null) return running;
    const [webhookSecret = ''] = SANDBOX.webhookSecrets;
    const stripe = await startStripeSandbox({ port: 0, folder: path.join(folder, 'stripe'), apiKey: SANDBOX.apiKey, webhookSecret });
    await writeFile(file, JSON.stringify({ pid: process.pid, stripe: stripe.url }), { mode: 0o600 });
    undo.push(async () => {
      await rm(file, { force: true });
      await stripe.stop();
    });
    return stripe.url;
  });
}

/** Null when nobody answers there: the number may belong to another program by now. */
async function readRunning(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const { pid, stripe } = JSON.parse(text) as { pid: number; stripe: string };
  const isThere =
    isAlive(pid) &&
    (await fetch(`${stripe}/_sandbox`).then(
      (answer) => answer.ok,
      () => false,
    ));
  return isThere ? stripe : null;
}
