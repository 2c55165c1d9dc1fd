import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, withStartLock } from '../db/start-lock.ts';
import { startMailSandbox } from '../sandbox/mail/mail-sandbox.ts';
import { startOpenAiSandbox } from '../sandbox/openai/server.ts';

/** Where the stand-ins of the outside services listen. */
type SandboxUrls = { openai: string; mail: string; smtp: string };
export type Sandboxes = { urls: SandboxUrls; stop(): Promise<void> };

/** The only key that our stand-in for OpenAI takes; it opens nothing else. */
export const SANDBOX_API_KEY = 'sk-sandbox';

/**
 * Starts the stand-ins, or joins those of another process on the same data folder. They belong to the process that started them and
 * end with it.
 */
export async function startSandboxes(dataFolder: string): Promise<Sandboxes> {
  const folder = path.join(dataFolder, 'sandbox');
  const file = path.join(folder, 'running.json');
  await mkdir(folder, { recursive: true });
  return withStartLock(path.join(folder, 'start-lock'), async () => {
    const running = await readRunning(file);
    if (running !== undefined) return { urls: running, stop: () => Promise.resolve() };
    const openai = await startOpenAiSandbox({ port: 0, folder: path.join(folder, 'openai'), apiKey: SANDBOX_API_KEY });
    const mail = await startMailSandbox();
    const urls = { openai: openai.url, mail: mail.url, smtp: mail.smtpUrl };
    await writeFile(file, JSON.stringify({ pid: process.pid, urls }), { mode: 0o600 });
    return {
      urls,
      async stop() {
        await rm(file, { force: true });
        await Promise.all([openai.stop(), mail.stop()]);
      },
    };
  });
}

async function readRunning(file: string): Promise<SandboxUrls | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { pid, urls } = JSON.parse(text) as { pid: number; urls: SandboxUrls };
  // A number that was given to another program meanwhile would answer nothing at these addresses.
  const answers =
    isAlive(pid) &&
    (await fetch(`${urls.mail}/messages`).then(
      (r) => r.ok,
      () => false,
    ));
  return answers ? urls : undefined;
}
