import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Config, GoogleClient } from '../config/config.ts';
import { isAlive, withStartLock } from '../db/start-lock.ts';
import { GOOGLE_SANDBOX_CLIENT, startGoogleSandbox } from '../sandbox/google/server.ts';

/** Who answers for sign-ins with Google, and where our stand-in listens when it is the one. */
type GoogleSource = { client: GoogleClient | null; sandboxUrl: string | null };

const LOOPBACK = new Set(['127.0.0.1', '[::1]']);
const Running = z.object({ pid: z.int(), url: z.url() });

/** Google by the client of the configuration; in sandbox mode our stand-in, shared by the processes on one data folder; else nobody. */
export async function googleSource(config: Config, undo: (() => Promise<void>)[]): Promise<GoogleSource> {
  if (config.google !== null || !config.sandbox || config.role === 'worker') return { client: config.google, sandboxUrl: null };
  // It lets everybody be anybody, and only browsers on this machine reach it: a server that others use does not offer it.
  if (config.publicUrl !== null && !LOOPBACK.has(new URL(config.publicUrl).hostname)) return { client: null, sandboxUrl: null };
  const url = await joinOrStart(config.dataFolder, undo);
  return { client: { ...GOOGLE_SANDBOX_CLIENT, issuer: url }, sandboxUrl: url };
}

async function joinOrStart(dataFolder: string, undo: (() => Promise<void>)[]): Promise<string> {
  const folder = path.join(dataFolder, 'sandbox');
  const file = path.join(folder, 'google.json');
  await mkdir(folder, { recursive: true });
  return withStartLock(path.join(folder, 'google-start-lock'), async () => {
    const running = await readRunning(file);
    if (running !== null) return running;
    const { url, stop } = await startGoogleSandbox();
    await writeFile(file, JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
    undo.push(async () => {
      await rm(file, { force: true });
      await stop();
    });
    return url;
  });
}

/** The stand-in of another process, when it really answers: its number may belong to another program by now. */
async function readRunning(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const { pid, url } = Running.parse(JSON.parse(text));
  const answers =
    isAlive(pid) &&
    (await fetch(`${url}/livez`).then(
      (answer) => answer.headers.get('x-sandbox') === 'google',
      () => false,
    ));
  return answers ? url : null;
}
