import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, tokenOf } from './helpers/test-server.ts';

const PROGRAM = path.join(import.meta.dirname, '../src/index.ts');
const started: ChildProcess[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-program-'));
});
afterAll(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

type Ready = { url: string | null; sandboxes: { openai: string; mail: string }; pid: number; role: string; database: string };
type Program = { child: ChildProcess; ready: Promise<Ready>; ended: Promise<{ code: number | null; stdout: string; stderr: string }> };

/** The real program, as an operator starts it. */
function program(args: string[], env: Record<string, string> = {}): Program {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL|OPENAI_|PINGPLEX_|NODE_ENV)/.test(name)),
  );
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ready = new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      stdout += `${line}\n`;
      if (line.startsWith('{')) resolve(JSON.parse(line) as Ready);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready: ${stderr}`)));
  });
  ready.catch(() => undefined);
  return { child, ready, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })) };
}

describe('the program', () => {
  test('starts on an empty folder, says where it is in one line, drains on SIGTERM and starts again on its data', async () => {
    const data = path.join(folder, 'one');
    const first = program(['--data', data, '--port', '0']);
    const ready = await first.ready;
    expect(ready).toMatchObject({ role: 'all', database: 'embedded', pid: first.child.pid });
    expect((await stat(path.join(data, 'secrets.json'))).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600);
    const credentials = { email: 'first@example.org', password: 'quite unusual words 51' };
    await call(ready.url ?? '', 'POST', '/v1/auth/sign-up', { body: { ...credentials, adult: true } });
    await expect
      .poll(async () => (await call(ready.sandboxes.mail, 'GET', '/messages')).body['messages'], { timeout: 20_000 })
      .toHaveLength(1);
    const [mail] = (await call(ready.sandboxes.mail, 'GET', '/messages')).body['messages'] as Parameters<typeof tokenOf>[0][];
    await call(ready.url ?? '', 'POST', '/v1/auth/verification/confirm', { body: { token: tokenOf(mail) } });
    const device = { name: 'd', os: 'o', appVersion: '1' };
    // Begun before the signal: a sign-in takes a quarter of a second at the real cost, and must still be answered.
    const running = call(ready.url ?? '', 'POST', '/v1/auth/sign-in', { body: { ...credentials, device } });
    await expect.poll(async () => (await call(ready.url ?? '', 'GET', '/livez')).status).toBe(200);
    first.child.kill('SIGTERM');
    expect((await running).status).toBe(200);
    const end = await first.ended;
    expect(end).toMatchObject({ code: 0 });
    expect(end.stdout.trim().split('\n')).toHaveLength(1);
    for (const line of end.stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');

    const second = program(['--data', data]);
    const again = await second.ready;
    expect((await call(again.url ?? '', 'POST', '/v1/auth/sign-in', { body: { ...credentials, device } })).status).toBe(200);
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
  });

  test('two api processes and a worker share one data folder, and the mail of one goes out through another', async () => {
    const data = path.join(folder, 'shared');
    const apis = [program(['--data', data, '--role', 'api']), program(['--data', data, '--role', 'api'])] as const;
    const worker = program(['--data', data, '--role', 'worker']);
    const [a, b, w] = await Promise.all([apis[0].ready, apis[1].ready, worker.ready]);
    expect(w.url).toBeNull();
    expect(a.url).not.toBe(b.url);
    expect(a.sandboxes).toEqual(b.sandboxes);
    const body = { email: 'shared@example.org', password: 'quite unusual words 51', adult: true };
    expect((await call(a.url ?? '', 'POST', '/v1/auth/sign-up', { body })).status).toBe(202);
    await expect.poll(async () => (await call(a.sandboxes.mail, 'GET', '/messages')).body['messages'], { timeout: 30_000 }).toHaveLength(1);
    const [mail] = (await call(a.sandboxes.mail, 'GET', '/messages')).body['messages'] as Parameters<typeof tokenOf>[0][];
    expect((await call(b.url ?? '', 'POST', '/v1/auth/verification/confirm', { body: { token: tokenOf(mail) } })).status).toBe(200);
    // One leaves: the others keep their database.
    apis[0].child.kill('SIGTERM');
    expect((await apis[0].ended).code).toBe(0);
    expect((await call(b.url ?? '', 'GET', '/readyz')).status).toBe(200);
    apis[1].child.kill('SIGTERM');
    worker.child.kill('SIGTERM');
    expect([(await apis[1].ended).code, (await worker.ended).code]).toEqual([0, 0]);
  });

  test('--help tells the options; wrong options and a wrong configuration end with 2 and name every mistake, never a value', async () => {
    expect(await program(['--help']).ended).toMatchObject({ code: 0, stdout: expect.stringContaining('--role ROLE') });
    expect(await program(['--role', 'queen']).ended).toMatchObject({ code: 2, stderr: expect.stringContaining('--role takes') });
    expect(await program(['--nonsense']).ended).toMatchObject({ code: 2 });
    const wrong = await program(['--data', folder], { PINGPLEX_PORT: 'high', DATABASE_URL: 'secret-value', PINGPLEX_BCRYPT_COST: '4' })
      .ended;
    expect(wrong.code).toBe(2);
    for (const name of ['PINGPLEX_PORT', 'DATABASE_URL', 'PINGPLEX_BCRYPT_COST']) expect(wrong.stderr).toContain(name);
    expect(wrong.stderr).not.toContain('secret-value');
  });

  test('B17: production wants its secrets from the environment and sandbox mode asked for twice', async () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7)).toString('base64');
    const production = { NODE_ENV: 'production', PINGPLEX_PUBLIC_URL: 'https://api.pingplex.example' };
    const once = await program(['--data', folder], production).ended;
    expect(once).toMatchObject({ code: 2, stderr: expect.stringContaining('PINGPLEX_ALLOW_SANDBOX=1') });
    const asked = { ...production, PINGPLEX_ALLOW_SANDBOX: '1' };
    const bare = await program(['--data', folder], asked).ended;
    expect(bare.stderr).toMatch(/PINGPLEX_SEALING_KEY: missing[\s\S]*PINGPLEX_PASSWORD_PEPPERS: missing/);
    const sample = { ...asked, PINGPLEX_SEALING_KEY: Buffer.alloc(32, 1).toString('base64'), PINGPLEX_PASSWORD_PEPPERS: `1:${key}` };
    expect((await program(['--data', folder], sample).ended).stderr).toContain('PINGPLEX_SEALING_KEY: not 32 random bytes');
  });
});

test('a real key alone is enough outside production: mails are still shown by the mail sandbox', async () => {
  const { child, ready, ended } = program(['--data', path.join(folder, 'real-key'), '--port', '0'], {
    OPENAI_API_KEY: 'sk-not-used-by-this-test',
  });
  const { url, sandboxes } = await ready;
  expect(sandboxes.openai).toBeNull();
  const info = await call(url ?? '', 'GET', '/v1/info');
  expect(info.body).toMatchObject({ sandbox: false, mailSandboxUrl: sandboxes.mail });
  expect((await call(sandboxes.mail, 'GET', '/messages')).body['messages']).toEqual([]);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});
