import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const ADMIN = path.resolve(import.meta.dirname, '../../../server/src/cli/admin.ts');

/** A paid call that the stand-in for the provider accepted. */
export type PaidCall = { readonly requestId: string; readonly prompt: string };

/** Every paid call that the stand-in for the provider accepted so far. */
export async function paidCalls(sandboxUrl: string): Promise<readonly PaidCall[]> {
  const answer = await fetch(new URL('/__journal', sandboxUrl));
  return ((await answer.json()) as { accepted: readonly PaidCall[] }).accepted;
}

/** Tells the stand-in for the provider how to behave from now on; what is left out is normal again. */
export async function controlProvider(sandboxUrl: string, controls: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(new URL('/__control', sandboxUrl), { method: 'POST', body: JSON.stringify(controls) });
  if (!answer.ok) throw new Error(`the sandbox refused its orders: HTTP ${answer.status} ${await answer.text()}`);
}

/** Runs the operator's command line on a server's data. @returns what it prints, read as JSON @throws when it ends with bad news */
export async function admin(dataDir: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [ADMIN, '--data', dataDir, ...words]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Numbers 0–1 that come again with the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
