import type { Config, GoogleClient } from '../config/config.ts';
import { startGoogleSandbox } from '../sandbox/google/server.ts';

/** Who answers for sign-ins with Google, and where our stand-in listens when it is the one. */
export type GoogleSource = { client: GoogleClient | null; sandboxUrl: string | null };

/**
 * Google by the client of the configuration; in sandbox mode our stand-in; else nobody. Processes need not share a stand-in: who begins
 * a sign-in also ends it.
 */
export async function googleSource(config: Config, undo: (() => Promise<void>)[]): Promise<GoogleSource> {
  if (config.google !== null || !config.sandbox || config.role === 'worker') return { client: config.google, sandboxUrl: null };
  // Its rules for redirects are Google's: https, or this machine itself.
  const redirectUris = config.publicUrl?.startsWith('https:') ? [`${config.publicUrl}/sign-in/google/callback`] : [];
  const { url, client, stop } = await startGoogleSandbox({ redirectUris });
  undo.push(stop);
  return { client: { ...client, issuer: url }, sandboxUrl: url };
}
