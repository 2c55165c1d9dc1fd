import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { runJob } from '../../src/engine/jobs.ts';
import { byFile, codeOf, media } from './helpers/cli.ts';
import { context, tempFolder } from './helpers/context.ts';
import { makeHostileFiles } from './helpers/hostile-files.ts';
import { makeMedia } from './helpers/media.ts';

let dir: string;
/** File name → what the quick and the full inspection must answer. */
let expected: ReadonlyMap<string, string>;

const connections: string[] = [];
const server = createServer((socket) => {
  connections.push(String(socket.remoteAddress));
  socket.destroy();
});

beforeAll(async () => {
  dir = await tempFolder();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  expected = await makeHostileFiles(dir, await makeMedia(await tempFolder()), port);
});
afterAll(async () => {
  await endExifTool();
  await new Promise((closed) => server.close(closed));
});

/** Everything in the folder with its content: what must be the same afterwards. */
async function fingerprint(): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => expected.get(name) === 'ok').sort();
  return Promise.all(
    names.map(
      async (name) =>
        `${name} ${createHash('sha256')
          .update(await readFile(join(dir, name)))
          .digest('hex')}`,
    ),
  );
}

describe('hostile files', () => {
  it.each(['--quick', '--full'])('each gets its own clear answer, the others are done, nothing else is touched (%s)', async (depth) => {
    const before = await fingerprint();
    const listing = await readdir(dir);
    const result = await media(['inspect', depth, '--', ...expected.keys()], dir);
    const lines = byFile(result);
    const answers = Object.fromEntries([...expected.keys()].map((name) => [name, codeOf(lines.get(name))]));
    expect(answers).toEqual(Object.fromEntries(expected));
    expect(result.lines).toHaveLength(expected.size);
    expect(result.code).toBe(1);
    expect(await fingerprint()).toEqual(before);
    expect(await readdir(dir)).toEqual(listing);
    expect(connections).toEqual([]);
  });

  it('says the size of what is too large', async () => {
    const [line] = (await media(['inspect', '60000-square.png'], dir)).lines;
    expect(line).toMatchObject({ error: { code: 'file.tooLarge', params: { width: 60_000, height: 60_000 } } });
  });

  it('marks as damaged what is, and decides by content where names lie', async () => {
    const lines = byFile(
      await media(
        [
          'inspect',
          '--quick',
          'truncated.jpg',
          'truncated.mp4',
          'truncated.webp',
          'nested.mp4',
          'overflow.mp4',
          'film.jpg',
          'picture.mp4',
          'picture.mp3',
        ],
        dir,
      ),
    );
    for (const name of ['truncated.jpg', 'truncated.mp4', 'truncated.webp', 'nested.mp4', 'overflow.mp4'])
      expect(lines.get(name), name).toMatchObject({ damaged: true });
    expect(lines.get('film.jpg')).toMatchObject({ kind: 'video', format: 'mp4', nameMismatch: true, damaged: false });
    expect(lines.get('picture.mp4')).toMatchObject({ kind: 'image', format: 'jpeg', nameMismatch: true });
    expect(lines.get('picture.mp3')).toMatchObject({ kind: 'image', format: 'png', nameMismatch: true });
  });

  it('unfolds no bomb: values stay under 64 kB', async () => {
    const [line] = (await media(['inspect', 'ztxt-bomb.png'], dir)).lines;
    expect(JSON.stringify(line).length).toBeLessThan(256 * 1024);
    expect(JSON.stringify(line)).toContain('aaaaaaaa');
  });

  it('shows, hashes and draws without dying: an outcome or a named error for every file and verb', async () => {
    const out = await tempFolder();
    const named = /^(file|engine)\.[a-zA-Z]+$/;
    const answers: string[] = [];
    for (const [n, name] of [...expected.keys()].entries()) {
      const path = name.startsWith('/') ? name : join(dir, name);
      const temp = { dir: out, stem: `.pingplex-${n}` };
      for (const job of [
        { verb: 'thumbnail', path, size: 64, temp },
        { verb: 'waveform', path, peaks: 64 },
        { verb: 'verify', path },
      ] as const) {
        const answer = await runJob(job, context()).then(
          () => 'ok',
          (thrown: unknown) => (typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : String(thrown)),
        );
        answers.push(answer);
        if (answer !== 'ok') expect(answer, `${job.verb} ${name}`).toMatch(named);
      }
    }
    expect(answers.filter((answer) => answer === 'ok').length).toBeGreaterThan(30);
    for (const name of await readdir(out)) expect((await stat(join(out, name))).size).toBeGreaterThan(0);
    expect(connections).toEqual([]);
  });
});
