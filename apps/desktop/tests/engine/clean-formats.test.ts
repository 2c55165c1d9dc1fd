import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { exiftoolPath } from 'exiftool-vendored';
import { beforeAll, describe, expect, it } from 'vitest';
import { byFile, media } from './helpers/cli.ts';
import { DESKTOP, tempFolder } from './helpers/context.ts';
import { decodedHash } from './helpers/decoded.ts';
import { MARK } from './helpers/plant/bytes.ts';
import { type Planted, plantAll } from './helpers/plant/cases.ts';
import { sortTags } from './helpers/plant/needed.ts';

const PAGE = resolve(DESKTOP, '../../docs/media.md');
const BEGIN = '<!-- begin: made by apps/desktop/tests/engine/clean-formats.test.ts -->';
const END = '<!-- end -->';

const NAMES = [
  ...['JPEG', 'PNG', 'PNG, animated', 'WebP', 'WebP, animated', 'GIF', 'HEIC', 'AVIF', 'AVIF, animated', 'TIFF', 'JPEG XL'],
  ...['MP4, H.264', 'MP4, H.265', 'MOV', 'M4A', 'MKV', 'WebM', 'AVI, MPEG-4', 'AVI, H.264'],
  ...['MP3', 'AAC (ADTS)', 'FLAC', 'WAV', 'OGG, Opus', 'OGG, Vorbis', 'OGG, FLAC'],
] as const;

type Tags = Record<string, unknown>;

/** Asks ExifTool itself about all files, in one process, for everything that it can find. */
async function readAll(paths: readonly string[]): Promise<Map<string, Tags>> {
  const { stdout } = await promisify(execFile)(await exiftoolPath(), ['-j', '-a', '-G1', '-u', '-ee', ...paths], { maxBuffer: 1 << 28 });
  return new Map((JSON.parse(stdout) as Tags[]).map(({ SourceFile, ...tags }) => [String(SourceFile), tags]));
}

/** Planted texts in a file, in the ways that formats write letters. */
function marksIn(bytes: Buffer): string[] {
  const found = new Set<string>();
  for (const encoding of ['latin1', 'utf16le'] as const) {
    const mark = Buffer.from(MARK, encoding);
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
      const length = encoding === 'latin1' ? 60 : 120;
      const word = bytes.toString(encoding, at, at + length).match(/^[\w.:-]+/u)?.[0] ?? MARK;
      found.add(word);
    }
  }
  const bigEndian = Buffer.from(MARK, 'utf16le').swap16();
  if (bytes.includes(bigEndian)) found.add(`${MARK}utf16be`);
  if (bytes.includes(Buffer.from(MARK).toString('base64').slice(0, 8))) found.add(`${MARK}base64`);
  return [...found];
}

let planted: Planted[];
let answers: Map<string, Record<string, unknown>>;
let before: Map<string, Tags>;
let after: Map<string, Tags>;
const rows = new Map<string, string>();

beforeAll(async () => {
  const root = await tempFolder();
  const source = join(root, 'planted');
  await mkdir(source);
  planted = await plantAll(source);
  const result = await media(
    ['clean', '--remove-credentials', '--jobs', '2', '--out', join(root, 'cleaned'), ...planted.map(({ path }) => path)],
    root,
  );
  answers = byFile(result);
  before = await readAll(planted.map(({ path }) => path));
  after = await readAll([...answers.values()].flatMap(({ output }) => (typeof output === 'string' ? [output] : [])));
});

describe('every format that can be cleaned, filled with everything it can hold', () => {
  it.each(NAMES)('%s: ExifTool and the raw bytes hold nothing but what showing needs; the decoded data is the same', async (name) => {
    const one = planted.find((each) => each.name === name);
    const line = answers.get(one?.path ?? '');
    if (!one || !line) throw new Error(`no case ${name}`);
    const output = String(line['output']);
    expect(line).toMatchObject({ outcome: 'cleaned', verified: true, bitIdentical: true });
    const bytesBefore = await readFile(one.path);
    const seen = Object.entries(before.get(one.path) ?? {}).filter(
      ([key, value]) => !key.startsWith('System:') && String(value).includes(MARK),
    );
    expect(seen.length, 'ExifTool sees what was planted').toBeGreaterThan(2);
    const texts = marksIn(bytesBefore).length;
    const { whys, others } = sortTags(name, after.get(output) ?? {});
    expect(others, 'tags that nobody needs').toEqual([]);
    expect(marksIn(await readFile(output)), 'planted texts').toEqual([]);
    const decoded = await decodedHash(one.path, one.format, one.isAnimated);
    expect(decoded, 'something decodes').toMatch(/[0-9a-f]{64}/u);
    expect(await decodedHash(output, one.format, one.isAnimated)).toBe(decoded);
    rows.set(name, `| ${name} | ${one.what} | ${seen.length} | ${texts} | ${whys.join(', ') || 'nothing'} | yes |`);
  });

  it('the table in docs/media.md is what was found', async () => {
    const table = [
      BEGIN,
      '',
      '| format | planted | tags found before | texts in the bytes before | what stays | decoded data the same |',
      '| --- | --- | --: | --: | --- | --- |',
      ...NAMES.map((name) => rows.get(name) ?? `| ${name} | failed | | | | no |`),
      '',
      END,
    ].join('\n');
    const page = await readFile(PAGE, 'utf8');
    const [from, to] = [page.indexOf(BEGIN), page.indexOf(END, page.indexOf(BEGIN))];
    if (process.env['PINGPLEX_WRITE_DOCS'] === '1') {
      await writeFile(PAGE, page.slice(0, from) + table + page.slice(to + END.length));
      return;
    }
    expect(page.slice(from, to + END.length), 'run this test once with PINGPLEX_WRITE_DOCS=1').toBe(table);
  });
});
