import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, withStartLock } from '../db/start-lock.ts';
import { startDashScopeSandbox } from '../sandbox/dashscope/server.ts';
import { startGeminiSandbox } from '../sandbox/gemini/server.ts';
import { startKlingSandbox } from '../sandbox/kling/server.ts';
import { startMailSandbox } from '../sandbox/mail/mail-sandbox.ts';
import { startOpenAiSandbox } from '../sandbox/openai/server.ts';

/** Where the stand-ins of the outside services listen. */
type SandboxUrls = { openai: string; gemini: string; kling: string; dashscope: string; mail: string; smtp: string };
export type Sandboxes = { urls: SandboxUrls; stop(): Promise<void> };

/** The only keys that our stand-ins take; they open nothing else. */
export const SANDBOX_KEYS = {
  openai: 'sk-sandbox',
  gemini: 'AIza-sandbox',
  kling: 'api-key-kling-sandbox',
  dashscope: 'sk-dashscope-sandbox',
} as const;

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
    const openai = await startOpenAiSandbox({ port: 0, folder: path.join(folder, 'openai'), apiKey: SANDBOX_KEYS.openai });
    const gemini = await startGeminiSandbox({ port: 0, folder: path.join(folder, 'gemini'), apiKey: SANDBOX_KEYS.gemini });
    const keys = { apiKey: SANDBOX_KEYS.kling, accessKey: 'sandbox-access', secretKey: 'sandbox-secret' };
    const kling = await startKlingSandbox({ port: 0, folder: path.join(folder, 'kling'), keys });
    const dashscope = await startDashScopeSandbox({ port: 0, folder: path.join(folder, 'dashscope'), apiKey: SANDBOX_KEYS.dashscope });
    const mail = await startMailSandbox();
    const urls = { openai: openai.url, gemini: gemini.url, kling: kling.url, dashscope: dashscope.url, mail: mail.url, smtp: mail.smtpUrl };
    await writeFile(file, JSON.stringify({ pid: process.pid, urls }), { mode: 0o600 });
    return {
      urls,
      async stop() {
        await rm(file, { force: true });
        await Promise.all([openai.stop(), gemini.stop(), kling.stop(), dashscope.stop(), mail.stop()]);
      },
    };
  });
}

async function readRunning(file: string): Promise<SandboxUrls | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { pid, urls } = JSON.parse(text) as { pid: number; urls: Partial<SandboxUrls> };
  const { openai, gemini, kling, dashscope, mail, smtp } = urls;
  // Written by an older program that had fewer of them.
  if (openai === undefined || gemini === undefined || kling === undefined || dashscope === undefined) return undefined;
  if (mail === undefined || smtp === undefined) return undefined;
  // A number that was given to another program meanwhile would answer nothing at these addresses.
  const answers =
    isAlive(pid) &&
    (await fetch(`${mail}/messages`).then(
      (r) => r.ok,
      () => false,
    ));
  return answers ? { openai, gemini, kling, dashscope, mail, smtp } : undefined;
}
