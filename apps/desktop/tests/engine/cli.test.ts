import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { byFile, codeOf, media } from './helpers/cli.ts';
import { ENGINE, tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { addSecrets, type MadeMedia, makeMedia, picture } from './helpers/media.ts';

let dir: string;
let made: MadeMedia;

beforeAll(async () => {
  dir = await tempFolder();
  made = await makeMedia(dir);
  await addSecrets(made.jpeg);
});
afterAll(endExifTool);

describe('usage', () => {
  it.each([
    [[]],
    [['shrink', 'a.jpg']],
    [['inspect']],
    [['inspect', '--loud', 'a.jpg']],
    [['inspect', '--quick', '--full', 'a.jpg']],
    [['clean', 'a.jpg']],
    [['clean', '--out', 'x', '--keep', 'everything', 'a.jpg']],
    [['unicalize', '--out', 'x', '--variants', '0', 'a.jpg']],
    [['unicalize', '--out', 'x', '--variants', 'many', 'a.jpg']],
    [['unicalize', '--out', 'x', '--strength', 'brutal', 'a.jpg']],
    [['convert', '--out', 'x', '--format', 'docx', 'a.jpg']],
    [['convert', '--out', 'x', '--peaks', '40', 'a.jpg']],
    [['compare', 'a.jpg']],
    [['inspect', '-x.jpg']],
  ])('wrong usage is told on standard error and ends with 2: %j', async (args) => {
    const result = await media(args, dir);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^engine\.usage: .{5}/);
  });

  it('explains itself', async () => {
    const help = await media(['--help'], dir);
    expect(help.code).toBe(0);
    for (const verb of ['inspect', 'clean', 'unicalize', 'convert', 'thumbnail', 'preview', 'waveform', 'compare', 'verify'])
      expect(help.stdout).toContain(`  ${verb} `);
    expect((await media(['inspect', '--help'], dir)).stdout).toBe(help.stdout);
    // The version that makes a variant repeatable: what a variant's own line says.
    const variant = (await media(['unicalize', '--out', join(dir, 'version'), '--variants', '1', '--seed', '1', made.jpeg], dir)).lines[0];
    expect((await media(['--version'], dir)).stdout.trim()).toBe(variant?.['engineVersion']);
  });
});

describe('inspect', () => {
  it('prints one object per file with tags as ExifTool keys them; all well ends with 0', async () => {
    const files = Object.values(made);
    const result = await media(['inspect', ...files], dir);
    expect(result.code).toBe(0);
    expect(result.lines.map((line) => line['file']).sort()).toEqual([...files].sort());
    const jpeg = byFile(result).get(made.jpeg);
    expect(jpeg).toMatchObject({
      kind: 'image',
      format: 'jpeg',
      summary: { camera: 'Nikon Z 6' },
      tags: { 'IFD0:Model': 'Z 6', 'GPS:GPSLatitudeRef': 'North' },
      raw: { 'GPS:GPSLatitudeRef': 'N' },
    });
    expect(JSON.stringify(jpeg?.['privacy'])).toContain('"gps"');
  });

  it('reports the failed ones in place, does the rest, and ends with 1', async () => {
    const result = await media(['inspect', '--quick', 'made.jpg', 'gone.jpg', 'made.png'], dir);
    expect(result.code).toBe(1);
    const lines = byFile(result);
    expect([codeOf(lines.get('made.jpg')), codeOf(lines.get('gone.jpg')), codeOf(lines.get('made.png'))]).toEqual([
      'ok',
      'file.notFound',
      'ok',
    ]);
    expect(lines.get('gone.jpg')).toEqual({
      file: 'gone.jpg',
      error: { code: 'file.notFound', message: expect.any(String), retryable: false, params: { name: 'gone.jpg' } },
    });
  });

  it('takes names that begin with a dash after -- and as ./-name', async () => {
    await copyFile(made.jpeg, join(dir, '-i.jpg'));
    expect((await media(['inspect', '--quick', '--', '-i.jpg'], dir)).lines).toMatchObject([{ file: '-i.jpg', format: 'jpeg' }]);
    expect((await media(['inspect', '--quick', './-i.jpg'], dir)).lines).toMatchObject([{ file: './-i.jpg', format: 'jpeg' }]);
  });
});

describe('verbs that write', () => {
  it('cleans: nothing private is left, the source is as it was, only the result is in the folder', async () => {
    const before = await readFile(made.jpeg);
    const result = await media(['clean', '--out', 'cleaned', 'made.jpg'], dir);
    expect(result.code).toBe(0);
    const output = join(dir, 'cleaned', 'made.jpg');
    expect(result.lines).toMatchObject([{ file: 'made.jpg', outcome: 'cleaned', output, verified: true, bitIdentical: true }]);
    expect(result.lines[0]?.['removed']).toEqual(expect.arrayContaining(['ExifIFD:SerialNumber', 'GPS:GPSLatitude', 'XMP-photoshop:City']));
    const left = Object.keys(await askExifTool(output));
    expect(left.filter((key) => /GPS|Serial|Artist|XMP|DateTimeOriginal/.test(key))).toEqual([]);
    expect(await readFile(made.jpeg)).toEqual(before);
    expect(await readdir(join(dir, 'cleaned'))).toEqual(['made.jpg']);
  });

  it('numbers taken names and never overwrites a source', async () => {
    const own = join(dir, 'own');
    await mkdir(own);
    await copyFile(made.jpeg, join(own, 'a.jpg'));
    const before = await readFile(join(own, 'a.jpg'));
    for (let n = 0; n < 2; n += 1) expect((await media(['clean', '--out', '.', 'a.jpg'], own)).code).toBe(0);
    expect((await readdir(own)).sort()).toEqual(['a (2).jpg', 'a (3).jpg', 'a.jpg']);
    expect(await readFile(join(own, 'a.jpg'))).toEqual(before);
  });

  it('makes measured variants, one line each, the same ones for the same seed', async () => {
    const source = join(dir, 'scene.jpg');
    const shapes = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="#79b"/><circle cx="180" cy="170" r="110" fill="#e83"/><path d="M0 470L210 240L360 400L500 200L640 380V480H0Z" fill="#275"/><rect x="400" y="50" width="130" height="90" fill="#fed"/></svg>`;
    const { default: sharp } = await import('sharp');
    await sharp(Buffer.from(shapes)).jpeg({ quality: 92 }).toFile(source);
    const run = (out: string) =>
      media(['unicalize', '--out', out, '--variants', '2', '--seed', '7', '--strength', 'light', 'scene.jpg'], dir);
    const [first, second] = [await run('u1'), await run('u2')];
    expect(first.code).toBe(0);
    expect(first.lines).toMatchObject([
      {
        variant: 1,
        output: join(dir, 'u1', 'scene-v1.jpg'),
        distance: { score: expect.any(Number) },
        quality: { ssim: expect.any(Number) },
      },
      { variant: 2, output: join(dir, 'u1', 'scene-v2.jpg'), parameters: expect.any(Object) },
    ]);
    expect(first.lines.map((line) => line['sha256'])).toEqual(second.lines.map((line) => line['sha256']));
    expect((await readdir(join(dir, 'u1'))).sort()).toEqual(['scene-v1.jpg', 'scene-v2.jpg']);
  });

  it('converts, draws thumbnails and compares', async () => {
    const converted = await media(['convert', '--out', 'c', '--format', 'webp', '--width', '48', 'made.png'], dir);
    expect(converted.lines).toMatchObject([{ output: join(dir, 'c', 'made.webp'), format: 'webp', summary: { width: 48 } }]);
    const drawn = await media(['thumbnail', '--out', 't', '--size', '32', 'made.png', 'made.mp4', 'made.mp3'], dir);
    expect(drawn.code).toBe(0);
    expect((await readdir(join(dir, 't'))).sort()).toEqual(['made (2).webp', 'made (3).webp', 'made.webp']);
    const compared = await media(['compare', 'made.png', 'made.png'], dir);
    expect(compared).toMatchObject({ code: 0, lines: [{ file: 'made.png', other: 'made.png', distance: { band: 'same' } }] });
    expect((await media(['verify', 'made.mkv'], dir)).lines).toMatchObject([
      { decodes: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect((await media(['waveform', '--peaks', '16', 'made.flac'], dir)).lines[0]?.['peaks']).toHaveLength(16);
  });

  it('names the trouble with an output folder for each file', async () => {
    await writeFile(join(dir, 'plain-file'), 'x');
    const result = await media(['clean', '--out', 'plain-file', 'made.jpg', 'made.png'], dir);
    expect(result.code).toBe(1);
    expect(result.lines.map(codeOf)).toEqual([expect.stringMatching(/^output\./), expect.stringMatching(/^output\./)]);
    if (process.getuid?.() === 0 || process.platform === 'win32') return;
    await mkdir(join(dir, 'locked'));
    await chmod(join(dir, 'locked'), 0o500);
    expect((await media(['clean', '--out', 'locked', 'made.jpg'], dir)).lines.map(codeOf)).toEqual(['output.folderNotWritable']);
  });
});

describe.runIf(process.platform === 'linux')('when things die', () => {
  async function childOf(pid: number): Promise<number | undefined> {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    const [first] = text.trim().split(' ');
    return first ? Number(first) : undefined;
  }

  /** A zombie counts as gone: whoever adopted it has not asked for its exit code yet. */
  async function isRunning(pid: number): Promise<boolean> {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return text !== '' && !/\) [ZX] /.test(text);
  }

  const start = (args: string[]) =>
    spawn(process.execPath, [join(ENGINE, 'cli.ts'), ...args], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });

  it('a killed worker costs one file, not the others, and leaves nothing behind', async () => {
    await picture(1600, 1200).jpeg().toFile(join(dir, 'slow.jpg'));
    const child = start(['unicalize', '--jobs', '1', '--out', 'killed', '--variants', '100', 'slow.jpg', 'gone.jpg']);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    let worker: number | undefined;
    while (worker === undefined) {
      await once(child.stderr, 'data').catch(() => undefined);
      worker = await childOf(child.pid ?? 0);
    }
    process.kill(worker, 'SIGKILL');
    const [code] = await once(child, 'close');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => [line['file'], codeOf(line)])).toEqual([
      ['slow.jpg', 'engine.crashed'],
      ['gone.jpg', 'file.notFound'],
    ]);
    expect(code).toBe(1);
    expect(await readdir(join(dir, 'killed'))).toEqual([]);
  });

  it('an interrupt ends the workers, leaves no temporary file, and tells by its exit code', async () => {
    const child = start(['unicalize', '--out', 'interrupted', '--variants', '100', 'slow.jpg']);
    await once(child.stderr, 'data');
    const worker = await childOf(child.pid ?? 0);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(await readdir(join(dir, 'interrupted'))).toEqual([]);
    while (await isRunning(worker ?? 0)) await nextTurn();
  });
});
