import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { EngineJob, InspectOutcome } from '@pingplex/shared/contracts/engine';
import type { IpcEvents } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InspectQueue } from '../../src/main/library/inspect-queue.ts';
import { Library } from '../../src/main/library/library.ts';
import { PreviewCache } from '../../src/main/library/preview-cache.ts';
import { scan } from '../../src/main/library/scan.ts';
import { ThumbnailQueue } from '../../src/main/library/thumbnail-queue.ts';

let dir: string;
const at = (...parts: string[]): string => path.join(dir, ...parts);

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-library-'));
  await mkdir(at('in', 'deep', 'deeper'), { recursive: true });
  await mkdir(at('out'));
  for (const name of [
    'in/a.jpg',
    'in/deep/b.PNG',
    'in/deep/deeper/c.mp4',
    'in/notes.txt',
    'in/.hidden.jpg',
    'in/Thumbs.db',
    'out/secret.jpg',
  ]) {
    await writeFile(at(name), name);
  }
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function all(...paths: string[]) {
  const found: string[] = [];
  const refused: string[] = [];
  for await (const portion of scan(paths)) {
    found.push(...portion.found.map((file) => path.relative(dir, file.path)));
    refused.push(...portion.refused.map(({ name, error }) => `${name} ${error.code}`));
  }
  return { found: found.sort(), refused: refused.sort() };
}

describe('what was picked', () => {
  test('a folder is read on all levels; what we do not handle is named, what systems leave is not', async () => {
    expect(await all(at('in'))).toEqual({
      found: ['in/a.jpg', 'in/deep/b.PNG', 'in/deep/deeper/c.mp4'].map(path.normalize),
      refused: ['notes.txt file.unsupported'],
    });
  });

  test('row 13: links inside the folder are followed, links out of it are not', async () => {
    await symlink(at('in', 'a.jpg'), at('in', 'deep', 'same.jpg'));
    await symlink(at('out', 'secret.jpg'), at('in', 'deep', 'leak.jpg'));
    await symlink(at('out'), at('in', 'deep', 'folder'));
    await symlink(at('in-other.jpg'), at('in', 'deep', 'nowhere.jpg'));
    await writeFile(at('in-evil.jpg'), 'x');
    await symlink(at('in-evil.jpg'), at('in', 'deep', 'prefix.jpg'));
    const { found, refused } = await all(at('in'));
    expect(found).toEqual(['in/a.jpg', 'in/a.jpg', 'in/deep/b.PNG', 'in/deep/deeper/c.mp4'].map(path.normalize));
    expect(refused).toEqual([
      'folder file.outsideFolder',
      'leak.jpg file.outsideFolder',
      'notes.txt file.unsupported',
      'nowhere.jpg file.notFound',
      'prefix.jpg file.outsideFolder',
    ]);
  });

  test('links that lead in a circle end', async () => {
    await symlink(at('in'), at('in', 'deep', 'again'));
    await symlink(at('in', 'deep', 'loop.jpg'), at('in', 'deep', 'loop.jpg'));
    expect((await all(at('in'))).found).toHaveLength(3);
  });

  test('a picked link stands for what it leads to', async () => {
    await symlink(at('in'), at('shortcut'));
    expect((await all(at('shortcut'))).found).toHaveLength(3);
  });

  test('what is no file of its own gets a reason each', async () => {
    await mkdir(at('folder.jpg'));
    const { found, refused } = await all(at('missing.jpg'), 'relative.jpg', '/dev/null', at('folder.jpg'), at('in', 'notes.txt'));
    expect(found).toEqual([]);
    expect(refused).toEqual([
      'missing.jpg file.notFound',
      'notes.txt file.unsupported',
      'null file.notRegular',
      'relative.jpg file.notFound',
    ]);
  });
});

describe('the registry', () => {
  const outcome = {
    kind: 'image',
    format: 'jpeg',
    sizeBytes: 1,
    summary: { width: 1, height: 1 },
    privacy: [],
    damaged: false,
    nameMismatch: false,
  };
  const make = (
    inspect: (file: string) => Promise<InspectOutcome> = async () => outcome as unknown as InspectOutcome,
    onChange: (patch: IpcEvents['library.changed']) => void = () => undefined,
  ) => new Library({ homeDir: dir, inspect, onChange });

  test('the window sees names and shortened folders, main alone sees paths; ids cannot be guessed', async () => {
    const library = make();
    expect(await library.add([at('in')])).toMatchObject({ added: 3, alreadyThere: 0, refusedTotal: 1 });
    expect(await library.add([at('in', 'a.jpg')])).toMatchObject({ added: 0, alreadyThere: 1 });
    const { files, total } = library.page(0, 10);
    expect(total).toBe(3);
    expect(JSON.stringify(files)).not.toContain(dir);
    expect(files.every(({ id, folder }) => /^[A-Za-z0-9_-]{16}$/.test(id) && folder.startsWith('~'))).toBe(true);
    expect(library.get('../../etc/hosts')).toBeUndefined();
    expect(() => library.need('nothing')).toThrow(AppError);
  });

  test('pages join without gap or overlap', async () => {
    const library = make();
    await library.add([at('in')]);
    const first = library.page(0, 2);
    const second = library.page(first.next ?? 0, 2);
    expect([first.files.length, first.next, second.files.length, second.next]).toEqual([2, 2, 1, null]);
    expect(new Set([...first.files, ...second.files].map(({ id }) => id)).size).toBe(3);
  });

  test('patches follow each other by number and carry the last state', async () => {
    const patches: IpcEvents['library.changed'][] = [];
    const library = make(undefined, (patch) => patches.push(patch));
    await library.add([at('in')]);
    await vi.waitFor(() => expect(library.page(0, 10).files.every(({ state }) => state === 'ready')).toBe(true));
    const [first] = library.page(0, 1).files;
    library.remove(first === undefined ? [] : [first.id]);
    await vi.waitFor(() => expect(patches.flatMap(({ removed }) => removed)).toEqual([first?.id]));
    expect(patches.map(({ rev }) => rev)).toEqual(patches.map((_patch, n) => n + 1));
    expect(library.page(0, 10)).toMatchObject({ total: 2, rev: patches.length });
  });

  test('a file that fails keeps its reason, one that vanished says so', async () => {
    const library = make(async (file) => {
      if (file.endsWith('a.jpg')) throw new AppError('file.damaged', 'broken');
      await rm(file, { force: true });
      throw new AppError('file.notFound', 'gone');
    });
    await library.add([at('in')]);
    await vi.waitFor(() => expect(library.page(0, 10).files.some(({ state }) => state === 'reading')).toBe(false));
    const states = library.page(0, 10).files.map(({ name, state, error }) => `${name} ${state} ${error?.code}`);
    expect(states.sort()).toEqual(['a.jpg failed file.damaged', 'b.PNG missing file.notFound', 'c.mp4 missing file.notFound']);
  });

  test('a file that was changed and is added again is read anew', async () => {
    let inspected = 0;
    const library = make(async () => {
      inspected += 1;
      throw new AppError('file.damaged', 'broken');
    });
    await library.add([at('in', 'a.jpg')]);
    await vi.waitFor(() => expect(library.page(0, 1).files[0]?.state).toBe('failed'));
    await library.add([at('in', 'a.jpg')]);
    expect(inspected).toBe(1);
    await writeFile(at('in', 'a.jpg'), 'a longer text than before');
    expect(await library.add([at('in', 'a.jpg')])).toMatchObject({ added: 0, alreadyThere: 1 });
    await vi.waitFor(() => expect(library.page(0, 1).files[0]?.state).toBe('failed'));
    expect(inspected).toBe(2);
    expect(library.page(0, 1).files[0]).toMatchObject({ sizeBytes: 25, error: { code: 'file.damaged' } });
  });
});

describe('the order of reading', () => {
  test('row 35: what is on screen is read first, the rest in the order of adding', async () => {
    const read: string[] = [];
    const places: (() => void)[] = [];
    const queue = new InspectQueue(1, async (id) => {
      read.push(id);
      await new Promise<void>((resolve) => places.push(resolve));
    });
    const ids = ['a', 'b', 'c', 'd', 'e'].map((id) => id as MediaFileId);
    for (const id of ids) queue.add(id);
    queue.show(['d', 'c'] as MediaFileId[]);
    queue.remove('e' as MediaFileId);
    for (const _ of ids) await vi.waitFor(() => (places.pop() ?? expect.fail('not yet'))(), { timeout: 200 }).catch(() => undefined);
    expect(read).toEqual(['a', 'd', 'c', 'b']);
  });
});

describe('the cache of previews', () => {
  test('tidying up at start leaves alone what is being made at that moment', async () => {
    const wrote = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const run = (async (job: Extract<EngineJob, { verb: 'thumbnail' }>) => {
      const made = path.join(job.temp.dir, `${job.temp.stem}-1.webp`);
      await writeFile(made, 'picture');
      wrote.resolve();
      await goOn.promise;
      return { path: made, mime: 'image/webp' };
    }) as unknown as ConstructorParameters<typeof PreviewCache>[1];
    const cache = new PreviewCache(at('cache'), run);
    const thumbnail = cache.thumbnail(at('in', 'a.jpg'), 384);
    await wrote.promise;
    await writeFile(at('cache', '.pingplex-of-a-killed-run-1.webp'), 'half');
    await cache.prune();
    goOn.resolve();
    expect(await readdir(at('cache'))).toHaveLength(1);
    expect((await thumbnail).path).toMatch(/[0-9a-f]{40}\.webp$/);
  });

  const maker = (bytes: number) =>
    (async (job: Extract<EngineJob, { verb: 'thumbnail' }>) => {
      const made = path.join(job.temp.dir, `${job.temp.stem}-1.webp`);
      await writeFile(made, Buffer.alloc(bytes));
      return { path: made, mime: 'image/webp' };
    }) as unknown as ConstructorParameters<typeof PreviewCache>[1];
  const files = ['in/a.jpg', 'in/deep/b.PNG', 'in/deep/deeper/c.mp4', 'out/secret.jpg'];

  test('row 35: it stays under its bound while it grows, says how large it is, and can be emptied', async () => {
    const cache = new PreviewCache(at('cache'), maker(1000), { maxBytes: 2500 });
    await cache.prune();
    for (const file of files) await cache.thumbnail(at(file), 384);
    await vi.waitFor(async () => expect((await cache.usage()).bytes).toBeLessThanOrEqual(2500));
    expect(await cache.usage()).toMatchObject({ files: 2, bytes: 2000, maxBytes: 2500 });
    expect(await cache.clear()).toMatchObject({ files: 0, bytes: 0 });
    expect(await readdir(at('cache'))).toEqual([]);
  });

  test('row 35: the newest request goes first, and what was scrolled away before its turn is not made', async () => {
    const began: string[] = [];
    const goOn = Promise.withResolvers<void>();
    const queue = new ThumbnailQueue(1);
    const ask = (id: string): Promise<void> =>
      queue.run(id, () => {
        began.push(id);
        return goOn.promise;
      });
    const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map(ask);
    const dropped = Promise.allSettled([second]);
    expect(queue.keepOnly(new Set(['a', 'c', 'd']), Date.now() + 1)).toBe(1);
    goOn.resolve();
    expect((await dropped)[0]).toMatchObject({ status: 'rejected', reason: { name: 'ScrolledAway' } });
    await Promise.all([first, third, fourth]);
    expect(began).toEqual(['a', 'd', 'c']);
    await ask('b');
    expect(began).toEqual(['a', 'd', 'c', 'b']);
  });
});
