import type { Config, GoogleClient } from '../config/config.ts';
import { startGoogleSandbox } from '../sandbox/google/server.ts';

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);

/** Who answers for sign-ins with Google, and where our stand-in listens when it is the one. */
export type GoogleSource = { client: GoogleClient | null; sandboxUrl: string | null };

/**
 * Google by the client of the configuration; in sandbox mode our stand-in; else nobody. Processes need not share a stand-in: who begins
 * a sign-in also ends it.
 */
export async function googleSource(config: Config, undo: (() => Promise<void>)[]): Promise<GoogleSource> {
  if (config.google !== null || !config.sandbox || config.role === 'worker') return { client: config.google, sandboxUrl: null };
  // It lets everybody be anybody, and only browsers on this machine reach it: a server that others use does not offer it.
  if (config.publicUrl !== null && !LOOPBACK.has(new URL(config.publicUrl).hostname)) return { client: null, sandboxUrl: null };
  const { url, client, stop } = await startGoogleSandbox();
  undo.push(stop);
  return { client: { ...client, issuer: url }, sandboxUrl: url };
}
