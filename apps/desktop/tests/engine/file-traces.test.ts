import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { readFileAttributes } from '../../src/engine/binaries/xattr.ts';
import { attributeTags, plistTexts } from '../../src/engine/inspect/file-traces.ts';
import { media } from './helpers/cli.ts';
import { tempFolder } from './helpers/context.ts';
import { picture, wave } from './helpers/media.ts';

const ORIGIN = 'https://files.example.org/PLANTED-download?token=abc';
const REFERRER = 'https://mail.example.org/PLANTED-message';
/** setxattr(path, name, value, length, flags). */
const SET = { x64: 188, arm64: 5 }[process.arch as 'x64'];

/** Notes an attribute as browsers do. @returns false where the disk takes none */
async function note(path: string, name: string, value: string): Promise<boolean> {
  const script = `my ($p, $n, $v) = ("$ARGV[0]\\0", "$ARGV[1]\\0", $ARGV[2]); exit(syscall(${SET}, $p, $n, $v, length $v, 0) < 0 ? 1 : 0)`;
  return await promisify(execFile)('/usr/bin/perl', ['-e', script, path, name, value]).then(
    () => true,
    () => false,
  );
}

let root: string;
let canNote = false;
let photo: string;
beforeAll(async () => {
  root = await tempFolder();
  photo = join(root, 'Фото с почты.jpg');
  await picture().jpeg().toFile(photo);
  canNote = process.platform === 'linux' && SET !== undefined && (await note(photo, 'user.xdg.origin.url', ORIGIN));
  if (canNote) await note(photo, 'user.xdg.referrer.url', REFERRER);
});
afterAll(endExifTool);

describe('row 29: what the file system has noted about where a file came from', () => {
  it('row 29: inspect shows it as a group of its own, with the flag; where it can’t be read it says so', async () => {
    const [line] = (await media(['inspect', photo], root)).lines;
    const tags = line?.['tags'] as Record<string, string>;
    if (!canNote) {
      expect(Object.keys(tags).filter((key) => key.startsWith('XAttr:'))).toEqual([]);
      return;
    }
    expect(tags).toMatchObject({ 'XAttr:xdg.origin.url': ORIGIN, 'XAttr:xdg.referrer.url': REFERRER });
    expect(line?.['sources']).toMatchObject({ 'XAttr:xdg.origin.url': 'probe' });
    const flags = line?.['privacy'] as { code: string; tags: string[]; example?: string }[];
    expect(flags.find((flag) => flag.code === 'downloadSource')).toMatchObject({
      tags: ['XAttr:xdg.origin.url', 'XAttr:xdg.referrer.url'],
      example: ORIGIN,
    });
    expect((await media(['inspect', '--quick', photo], root)).lines[0]?.['tags']).not.toHaveProperty('XAttr:xdg.origin.url');
  });

  it('row 29: no result carries it: not a cleaned, a converted nor a varied file', async () => {
    const sound = join(root, 'sound.wav');
    await writeFile(sound, wave());
    if (canNote) await note(sound, 'user.xdg.origin.url', ORIGIN);
    const out = await mkdtemp(join(root, 'out-'));
    const large = join(root, 'large.jpg');
    await picture(320, 240).jpeg().toFile(large);
    if (canNote) expect(await note(large, 'user.xdg.origin.url', ORIGIN)).toBe(true);
    const runs = await Promise.all([
      media(['clean', '--out', out, photo, sound], root),
      media(['convert', '--format', 'webp', '--out', out, photo], root),
      media(['unicalize', '--variants', '1', '--out', out, large], root),
    ]);
    const outputs = runs.flatMap(({ lines }) => lines.map((line) => String(line['output'])));
    expect(outputs).toHaveLength(4);
    for (const output of outputs) {
      const found = await readFileAttributes(output);
      expect(found ?? [], basename(output)).toEqual([]);
    }
    const copy = join(root, 'copy.jpg');
    await copyFile(photo, copy);
    if (canNote) expect(await readFileAttributes(photo)).toHaveLength(2);
  });

  it('answers for many files and odd names, and for a file that is not there', async () => {
    const names = Array.from({ length: 50 }, (_, n) => join(root, `many ${n}\n'$(x)' é.jpg`));
    await Promise.all(names.map((name) => copyFile(photo, name)));
    if (canNote) await Promise.all(names.slice(0, 5).map((name) => note(name, 'user.xdg.origin.url', name)));
    const found = await Promise.all(names.map((name) => readFileAttributes(name)));
    if (canNote) for (const n of [0, 1, 2, 3, 4]) expect(found[n]?.map(({ value }) => value.toString())).toEqual([names[n]]);
    if (process.platform === 'linux') expect(await readFileAttributes(join(root, 'not there'))).toBeUndefined();
  });
});

describe('the notes of other systems', () => {
  it('reads the zone mark of Windows', () => {
    const text = `[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=${REFERRER}\r\nHostUrl=${ORIGIN}\r\n`;
    const tags = attributeTags({ name: 'Zone.Identifier', value: Buffer.from(text) });
    expect(Object.fromEntries(tags.map(({ key, value }) => [key, value]))).toEqual({
      'XAttr:ZoneId': '3',
      'XAttr:ReferrerUrl': REFERRER,
      'XAttr:HostUrl': ORIGIN,
    });
  });

  it('reads the where-from list and the quarantine mark of macOS', () => {
    // An array of two ASCII texts, the first one longer than fits into its marker.
    const long = Buffer.concat([Buffer.from([0x5f, 0x10, ORIGIN.length]), Buffer.from(ORIGIN)]);
    const short = Buffer.concat([Buffer.from([0x58]), Buffer.from('https://')]);
    const body = Buffer.concat([Buffer.from('bplist00'), Buffer.from([0xa2, 1, 2]), long, short]);
    const table = Buffer.from([8, 11, 11 + long.length]);
    const trailer = Buffer.alloc(32);
    trailer.set([1, 1], 6);
    trailer.writeBigUInt64BE(3n, 8);
    trailer.writeBigUInt64BE(BigInt(body.length), 24);
    const plist = Buffer.concat([body, table, trailer]);
    expect(plistTexts(plist)).toEqual([ORIGIN, 'https://']);
    for (let n = 0; n < plist.length; n += 1) expect(() => plistTexts(Buffer.concat([plist.subarray(0, n), trailer]))).not.toThrow();
    const [where] = attributeTags({ name: 'com.apple.metadata:kMDItemWhereFroms', value: plist });
    expect(where).toMatchObject({ key: 'XAttr:kMDItemWhereFroms', value: `${ORIGIN}, https://`, source: 'probe' });
    const [mark] = attributeTags({ name: 'com.apple.quarantine', value: Buffer.from('0083;665;Safari;ABC') });
    expect(mark).toMatchObject({ key: 'XAttr:quarantine', value: '0083;665;Safari;ABC' });
  });
});
