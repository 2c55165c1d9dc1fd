import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commitFile,
  findLeftovers,
  freeBytes,
  hashFile,
  insideFolder,
  isSameFile,
  MAX_NAME_BYTES,
  numberedName,
  removeLeftovers,
  reserveName,
  safeFileName,
  sealFile,
  tempPath,
  writeAside,
} from '../../src/output/index.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pingplex-output-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

/** Every file under `dir` with its content: the whole effect of an act. */
async function folder(dir = root): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort();
  const pairs = await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const));
  return Object.fromEntries(pairs);
}

async function sealed(text: string, n = 1) {
  return await writeAside({ dir: root, stem: '.pingplex-job' }, n, 'jpg', Buffer.from(text));
}

function commit(temp: { path: string; sha256: string }, name: string, rule: 'number' | 'skip' | 'replace', sources: string[] = []) {
  return commitFile({ tempPath: temp.path, dir: root, name, rule, expectedSha256: temp.sha256, sources });
}

describe('writing aside', () => {
  it('writes under a temporary name and knows size and hash', async () => {
    const file = await sealed('hello');
    expect(file).toEqual({ path: tempPath({ dir: root, stem: '.pingplex-job' }, 1, 'jpg'), sizeBytes: 5, sha256: sha('hello') });
    expect(await folder()).toEqual({ '.pingplex-job-1.jpg': 'hello' });
  });

  it('leaves nothing when the data breaks off', async () => {
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('source went away');
    }
    await expect(writeAside({ dir: root, stem: '.pingplex-job' }, 1, 'jpg', broken())).rejects.toMatchObject({
      code: 'output.writeFailed',
    });
    expect(await folder()).toEqual({});
  });

  it('refuses to call an empty file finished', async () => {
    await writeFile(join(root, '.pingplex-job-1.jpg'), '');
    await expect(sealFile(join(root, '.pingplex-job-1.jpg'))).rejects.toMatchObject({ code: 'output.verifyFailed' });
  });

  it('names a missing folder and a file in its place', async () => {
    await writeFile(join(root, 'file'), 'x');
    for (const dir of [join(root, 'gone'), join(root, 'file')]) {
      await expect(writeAside({ dir, stem: '.pingplex-job' }, 1, 'jpg', Buffer.from('x'))).rejects.toMatchObject({
        code: 'output.folderMissing',
      });
    }
  });

  it.skipIf(process.platform === 'win32')('names a folder that may not be written', async () => {
    await chmod(root, 0o500);
    // Permissions don't hold for root, so a test run as root becomes nobody for the moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await expect(writeAside({ dir: root, stem: '.pingplex-job' }, 1, 'jpg', Buffer.from('x'))).rejects.toMatchObject({
        code: 'output.folderNotWritable',
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(root, 0o700);
    }
    expect(await folder()).toEqual({});
  });

  it.skipIf(process.platform !== 'linux')('says that the disk is full', async () => {
    const place = { dir: root, stem: '.pingplex-job' };
    await symlink('/dev/full', tempPath(place, 1, 'jpg'));
    await expect(writeAside(place, 1, 'jpg', Buffer.from('x'))).rejects.toMatchObject({ code: 'output.diskFull' });
    expect(await folder()).toEqual({});
  });

  it('measures free space', async () => {
    expect(await freeBytes(root)).toBeGreaterThan(0);
  });
});

describe('committing', () => {
  it('gives the name and leaves only the result', async () => {
    const done = await commit(await sealed('one'), 'photo.jpg', 'number');
    expect(done).toEqual({ path: join(root, 'photo.jpg'), decision: 'new' });
    expect(await folder()).toEqual({ 'photo.jpg': 'one' });
  });

  it('numbers a taken name, whatever its case', async () => {
    await writeFile(join(root, 'PHOTO.JPG'), 'old');
    const second = await commit(await sealed('one'), 'photo.jpg', 'number');
    const third = await commit(await sealed('two'), 'photo.jpg', 'number');
    expect([second.decision, third.decision]).toEqual(['numbered', 'numbered']);
    expect(await folder()).toEqual({ 'PHOTO.JPG': 'old', 'photo (2).jpg': 'one', 'photo (3).jpg': 'two' });
  });

  it('skips a taken name and takes the temporary file away', async () => {
    await writeFile(join(root, 'photo.jpg'), 'old');
    expect((await commit(await sealed('one'), 'photo.jpg', 'skip')).decision).toBe('skip');
    expect(await folder()).toEqual({ 'photo.jpg': 'old' });
  });

  it('replaces a taken name', async () => {
    await writeFile(join(root, 'photo.jpg'), 'old');
    expect((await commit(await sealed('one'), 'photo.jpg', 'replace')).decision).toBe('replace');
    expect(await folder()).toEqual({ 'photo.jpg': 'one' });
  });

  it('does not replace with a file that changed after sealing', async () => {
    await writeFile(join(root, 'photo.jpg'), 'old');
    const temp = await sealed('one');
    await writeFile(temp.path, 'damaged');
    await expect(commit(temp, 'photo.jpg', 'replace')).rejects.toMatchObject({ code: 'output.verifyFailed' });
    expect(await folder()).toEqual({ 'photo.jpg': 'old', '.pingplex-job-1.jpg': 'damaged' });
  });

  it('never takes the place of the source, not even under another name of it', async () => {
    const source = join(root, 'source.jpg');
    await writeFile(source, 'mine');
    await link(source, join(root, 'alias.jpg'));
    const temp = await sealed('one');
    for (const name of ['source.jpg', 'alias.jpg']) {
      await expect(commit(temp, name, 'replace', [source])).rejects.toMatchObject({ code: 'output.sameAsSource' });
    }
    expect(await folder()).toEqual({ 'source.jpg': 'mine', 'alias.jpg': 'mine', '.pingplex-job-1.jpg': 'one' });
  });

  it('gives no file to a name that a folder has', async () => {
    await mkdir(join(root, 'photo.jpg'));
    await expect(commit(await sealed('one'), 'photo.jpg', 'replace')).rejects.toMatchObject({ code: 'output.nameTaken' });
    expect((await commit(await sealed('one'), 'photo.jpg', 'number')).path).toBe(join(root, 'photo (2).jpg'));
  });

  it('refuses a name that leaves the folder', async () => {
    const temp = await sealed('one');
    for (const name of ['../out.jpg', 'a/b.jpg', '..', '', 'a\\b.jpg']) {
      await expect(commit(temp, name, 'number')).rejects.toMatchObject({ code: 'output.templateInvalid' });
    }
  });

  it('is done already when it runs again after a finished rename', async () => {
    await writeFile(join(root, 'photo.jpg'), 'old');
    const temp = await sealed('one');
    const first = await commit(temp, 'photo.jpg', 'number');
    expect(await commit(temp, 'photo.jpg', 'number')).toEqual({ path: first.path, decision: 'already' });
    expect(await folder()).toEqual({ 'photo.jpg': 'old', 'photo (2).jpg': 'one' });
  });

  it('takes up its own reservation after a crash between reserving and renaming', async () => {
    const temp = await sealed('one');
    await reserveName(root, 'photo.jpg', 'number', temp.path);
    const done = await commit(temp, 'photo.jpg', 'number');
    expect(done.path).toBe(join(root, 'photo.jpg'));
    expect(await folder()).toEqual({ 'photo.jpg': 'one' });
  });

  it('says so when neither the temporary file nor the result is there', async () => {
    const temp = await sealed('one');
    await rm(temp.path);
    await expect(commit(temp, 'photo.jpg', 'number')).rejects.toMatchObject({ code: 'output.writeFailed' });
    expect(await folder()).toEqual({});
  });

  it('keeps parallel results of one name apart', async () => {
    const temps = await Promise.all(Array.from({ length: 12 }, (_, i) => sealed(`file ${i}`, i)));
    const done = await Promise.all(temps.map((temp) => commit(temp, 'photo.jpg', 'number')));
    expect(new Set(done.map((one) => one.path)).size).toBe(12);
    expect(Object.values(await folder()).sort()).toEqual(temps.map((_, i) => `file ${i}`).sort());
  });

  it.skipIf(process.platform !== 'linux')('moves across file systems by a proven copy', async () => {
    const other = await mkdtemp('/dev/shm/pingplex-output-');
    try {
      const temp = await writeAside({ dir: other, stem: '.pingplex-far' }, 1, 'jpg', Buffer.from('far'));
      await commit(temp, 'photo.jpg', 'number');
      expect(await folder()).toEqual({ 'photo.jpg': 'far' });
      expect(await folder(other)).toEqual({});
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });
});

it.skipIf(process.platform !== 'linux')('takes up a move across file systems whose copy was cut off by a kill', async () => {
  const other = await mkdtemp('/dev/shm/pingplex-output-');
  try {
    const temp = await writeAside({ dir: other, stem: '.pingplex-far' }, 1, 'jpg', Buffer.from('far'));
    await writeFile(join(root, '.pingplex-far-1.jpg'), 'f');
    await commit(temp, 'photo.jpg', 'number');
    expect(await folder()).toEqual({ 'photo.jpg': 'far' });
  } finally {
    await rm(other, { recursive: true, force: true });
  }
});

describe('leftovers', () => {
  it('finds temporaries and reserved names, and sweeps only those of one owner', async () => {
    await writeFile(join(root, 'photo.jpg'), 'a real picture');
    await sealed('one');
    await reserveName(root, 'result.jpg', 'number', '.pingplex-job-1.jpg');
    await writeFile(join(root, '.pingplex-other-1.png'), 'theirs');
    expect((await findLeftovers(root)).map((one) => `${one.kind} ${one.stem}`).sort()).toEqual([
      'reservation .pingplex-job-1.jpg',
      'temporary .pingplex-job-1.jpg',
      'temporary .pingplex-other-1.png',
    ]);
    expect((await removeLeftovers(root, '.pingplex-job')).removed).toHaveLength(2);
    expect(await folder()).toEqual({ 'photo.jpg': 'a real picture', '.pingplex-other-1.png': 'theirs' });
    expect((await removeLeftovers(root, 'photo')).removed).toEqual([]);
  });

  it('names that differ only in case never stand beside each other, however many are asked for at once', async () => {
    const wanted = Array.from({ length: 24 }, (_, n) => (n % 2 === 0 ? 'A.jpg' : 'a.JPG'));
    const taken = await Promise.all(wanted.map((name, n) => reserveName(root, name, 'number', `.pingplex-job-${n}.jpg`)));
    expect(new Set(taken.map(({ path }) => path.toLowerCase())).size).toBe(wanted.length);
    expect((await readdir(root)).map((name) => name.toLowerCase()).sort()).toEqual(
      [...new Set((await readdir(root)).map((name) => name.toLowerCase()))].sort(),
    );
  });

  it('finds nothing in a folder that is gone', async () => {
    expect(await findLeftovers(join(root, 'gone'))).toEqual([]);
  });
});

describe('folders', () => {
  it('follows links before it says "inside"', async () => {
    await mkdir(join(root, 'in'));
    await mkdir(join(root, 'in-not'));
    await symlink(join(root, 'in-not'), join(root, 'in', 'door'));
    const dir = join(root, 'in');
    expect(await insideFolder(dir, join(dir, 'new.jpg'))).toBe(true);
    expect(await insideFolder(dir, join(dir, 'deep', 'new.jpg'))).toBe(true);
    expect(await insideFolder(dir, join(dir, '..name.jpg'))).toBe(true);
    expect(await insideFolder(dir, join(dir, 'door', 'new.jpg'))).toBe(false);
    expect(await insideFolder(dir, join(root, 'in-not', 'x'))).toBe(false);
    expect(await insideFolder(dir, join(dir, '..', 'x'))).toBe(false);
  });

  it('knows a file by its inode', async () => {
    await writeFile(join(root, 'a'), 'x');
    await writeFile(join(root, 'b'), 'x');
    await link(join(root, 'a'), join(root, 'c'));
    expect(await isSameFile(join(root, 'a'), join(root, 'c'))).toBe(true);
    expect(await isSameFile(join(root, 'a'), join(root, 'b'))).toBe(false);
    expect(await isSameFile(join(root, 'a'), join(root, 'none'))).toBe(false);
  });
});

describe('file names', () => {
  it.each([
    ['holiday: day 1/2', 'JPG', 'holiday_ day 1_2.jpg'],
    ['con', 'png', '_con.png'],
    ['LPT1.backup', 'png', '_LPT1.backup.png'],
    ['trailing. . ', 'png', 'trailing.png'],
    ['-i', 'jpg', '_i.jpg'],
    ['.hidden', 'jpg', '_hidden.jpg'],
    ['\u202egpj.exe', 'png', 'gpj.exe.png'],
    ['line\nbreak', 'png', 'linebreak.png'],
    ['$(x)', 'png', '$(x).png'],
    ['', 'png', 'file.png'],
    ['Отпуск 🏖️', 'png', 'Отпуск 🏖️.png'],
  ])('%j.%s becomes %j', (stem, ext, name) => {
    expect(safeFileName(stem, ext)).toBe(name);
  });

  it('are safe, short and stable whatever comes in, and stay so when numbered', () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'grapheme', maxLength: 400 }));
    fc.assert(
      fc.property(anyText, fc.constantFrom('jpg', 'mp4', 'JPEG', '..', ''), fc.integer({ min: 1, max: 99_999 }), (stem, ext, n) => {
        const plain = safeFileName(stem, ext);
        for (const name of [plain, numberedName(plain, n)]) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
          expect(name).toMatch(
            /^[^.\-<>:"/\\|?*\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069][^<>:"/\\|?*\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u,
          );
          expect(name).not.toMatch(/[. ]$/u);
          expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu);
          expect(name.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('can be created as they are', async () => {
    for (const stem of ['a'.repeat(300), 'я'.repeat(300), '🙂'.repeat(100), 'x\u0000y', '%03d', '..', '*?']) {
      await writeFile(join(root, safeFileName(stem, 'jpg')), 'x', { flag: 'wx' });
    }
    expect(await readdir(root)).toHaveLength(7);
    expect((await stat(join(root, '%03d.jpg'))).size).toBe(1);
    expect((await hashFile(join(root, '%03d.jpg'))).sha256).toBe(sha('x'));
  });
});
