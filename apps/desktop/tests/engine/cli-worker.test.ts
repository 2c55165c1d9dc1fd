import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EngineJob, FromEngine, OUTCOMES, type ToEngine } from '@pingplex/shared/contracts/engine';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { ENGINE_VERSION } from '../../src/engine/version.ts';
import { ENGINE, tempFolder } from './helpers/context.ts';
import { addSecrets, type MadeMedia, makeMedia, picture } from './helpers/media.ts';

let dir: string;
let made: MadeMedia;
let child: ChildProcess;
let heard: FromEngine[];
let waiting: (() => void)[];

beforeAll(async () => {
  dir = await tempFolder();
  made = await makeMedia(dir);
  await addSecrets(made.jpeg);
  await picture(1600, 1200).jpeg().toFile(join(dir, 'slow.jpg'));
});
afterAll(endExifTool);

beforeEach(() => {
  heard = [];
  waiting = [];
  // No home folder, no language, nothing but the way to Perl: as the app starts it.
  child = fork(join(ENGINE, 'main.ts'), [], {
    env: { PATH: process.env['PATH'] },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.on('message', (raw) => {
    heard.push(FromEngine.parse(raw));
    for (const wake of waiting.splice(0)) wake();
  });
});
afterEach(() => {
  child.kill('SIGKILL');
});

/** Waits for a message of this kind about this job. */
async function message<T extends FromEngine['type']>(type: T, id?: string): Promise<Extract<FromEngine, { type: T }>> {
  for (;;) {
    const found = heard.find((one) => one.type === type && (id === undefined || ('id' in one && one.id === id)));
    if (found) return found as Extract<FromEngine, { type: T }>;
    await new Promise<void>((wake) => waiting.push(wake));
  }
}

const tell = (what: ToEngine) => child.send(what);
const slow = (): EngineJob => ({
  verb: 'unicalize',
  path: join(dir, 'slow.jpg'),
  temp: { dir, stem: '.pingplex-slow' },
  settings: { variants: 100, strength: 'strong', seed: 1, mirror: false },
});

describe('the engine as a worker', () => {
  it('says that it is ready, with its version and process', async () => {
    expect(await message('ready')).toEqual({ type: 'ready', version: ENGINE_VERSION, pid: child.pid });
  });

  it('does one job after another, and answers in the shape of the contract', async () => {
    tell({ type: 'job', id: 'a', job: { verb: 'inspect', path: made.jpeg, depth: 'full' } });
    const inspected = OUTCOMES.inspect.parse((await message('done', 'a')).outcome);
    expect(inspected.summary.camera).toBe('Nikon Z 6');
    tell({ type: 'job', id: 'b', job: { verb: 'thumbnail', path: made.mp4, size: 32, temp: { dir, stem: '.pingplex-b' } } });
    expect(OUTCOMES.thumbnail.parse((await message('done', 'b')).outcome).width).toBe(32);
    expect(heard.filter((one) => one.type === 'done')).toHaveLength(2);
  });

  it('sends failures as data and goes on', async () => {
    tell({ type: 'job', id: 'bad', job: { verb: 'inspect', path: join(dir, 'gone.jpg'), depth: 'quick' } });
    expect((await message('failed', 'bad')).error).toMatchObject({ code: 'file.notFound', retryable: false, params: { name: 'gone.jpg' } });
    tell({ type: 'job', id: 'good', job: { verb: 'inspect', path: made.png, depth: 'quick' } });
    expect((await message('done', 'good')).outcome).toMatchObject({ format: 'png' });
  });

  it('refuses what it does not understand, by name where there is one, and lives on', async () => {
    child.send('hello');
    child.send({ type: 'job', id: 'odd', job: { verb: 'explode', path: '/x' } });
    expect((await message('failed', 'odd')).error.code).toBe('engine.usage');
    tell({ type: 'job', id: 'next', job: { verb: 'inspect', path: made.png, depth: 'quick' } });
    await message('done', 'next');
  });

  it('reports progress with its memory while it works, is busy for a second job, and stops on cancel without leftovers', async () => {
    tell({ type: 'job', id: 'long', job: slow() });
    const progress = await message('progress', 'long');
    expect(progress.rssBytes).toBeGreaterThan(20 * 1024 * 1024);
    tell({ type: 'job', id: 'second', job: { verb: 'inspect', path: made.png, depth: 'quick' } });
    expect((await message('failed', 'second')).error).toMatchObject({ code: 'request.busy', retryable: true });
    tell({ type: 'cancel', id: 'other' });
    tell({ type: 'cancel', id: 'long' });
    await message('canceled', 'long');
    const fractions = heard.flatMap((one) => (one.type === 'progress' ? [one.fraction] : []));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect((await readdir(dir)).filter((name) => name.startsWith('.pingplex-slow'))).toEqual([]);
    tell({ type: 'job', id: 'after', job: { verb: 'inspect', path: made.png, depth: 'quick' } });
    await message('done', 'after');
    const end = heard.findIndex((one) => one.type === 'canceled');
    expect(heard.slice(end).some((one) => one.type === 'progress' && one.id === 'long')).toBe(false);
  });

  it('ends by itself when nobody listens any more, also in the middle of a job', async () => {
    tell({ type: 'job', id: 'long', job: slow() });
    await message('progress', 'long');
    const gone = once(child, 'exit');
    child.disconnect();
    expect(await gone).toEqual([0, null]);
  });

  it('can be killed in the middle of a job', async () => {
    tell({ type: 'job', id: 'long', job: slow() });
    await message('progress', 'long');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
  });

  it('writes nothing to standard output', async () => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    tell({ type: 'job', id: 'a', job: { verb: 'preview', path: made.avi, temp: { dir, stem: '.pingplex-p' } } });
    await message('done', 'a');
    const gone = Promise.all([once(child, 'exit'), child.stdout ? once(child.stdout, 'end') : undefined]);
    child.disconnect();
    await gone;
    expect(said).toBe('');
  });
});
