import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { type MadeMedia, picture, wave } from './media.ts';

let dir: string;
let good: MadeMedia;
/** File name → what the quick and the full inspection must answer. */
const expected = new Map<string, string>();
const isRoot = process.getuid?.() === 0;
const posix = process.platform !== 'win32';

async function put(name: string, answer: string, bytes: Uint8Array | string): Promise<void> {
  await writeFile(join(dir, name), bytes);
  expected.set(name, answer);
}

/** One chunk of a PNG with its checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const FTYP = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'));

function sized(file: Buffer, write: (bytes: Buffer) => void): Buffer {
  const out = Buffer.from(file);
  write(out);
  return out;
}

async function makePictures(): Promise<void> {
  const png = await picture().png().toBuffer();
  const jpeg = await picture(480, 320).jpeg({ quality: 95 }).toBuffer();
  const pngOf = (width: number, height: number) =>
    sized(png, (bytes) => {
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
    });
  await put('60000-square.png', 'file.tooLarge', pngOf(60_000, 60_000));
  await put('30000-square.png', 'file.tooLarge', pngOf(30_000, 30_000));
  await put('2-31.png', 'file.tooLarge', pngOf(2 ** 31, 2 ** 31));
  const sof = jpeg.indexOf(Buffer.from('ffc0', 'hex'));
  await put(
    '65500-square.jpg',
    'file.tooLarge',
    sized(jpeg, (bytes) => bytes.writeUInt32BE(65_500 * 65_536 + 65_500, sof + 5)),
  );
  const webp = Buffer.from(`RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff`, 'latin1');
  await put('16777216-square.webp', 'file.tooLarge', webp);
  await put(
    '65535-square.gif',
    'file.tooLarge',
    sized(await readFile(good.gif), (bytes) => bytes.writeUInt32LE(0xffffffff, 6)),
  );
  await put('no-pixels.png', 'file.damaged', pngOf(0, 0));
  // 96 MB of text in 96 kB.
  const bomb = Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(96 * 1024 * 1024, 0x61))]);
  await put('ztxt-bomb.png', 'ok', Buffer.concat([png.subarray(0, 33), pngChunk('zTXt', bomb), png.subarray(33)]));
  const entities = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'bcdefghij'[n]} "${`&${'abcdefghi'[n]};`.repeat(10)}">`).join('')}]>`;
  const xmp = Buffer.from(
    `XML:com.adobe.xmp\0\0\0\0\0${entities}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>&j;</dc:format></rdf:Description></rdf:RDF></x:xmpmeta>`,
    'latin1',
  );
  await put('entity-bomb.png', 'ok', Buffer.concat([png.subarray(0, 33), pngChunk('iTXt', xmp), png.subarray(33)]));
  const comment = Buffer.concat([Buffer.from('fffefffe', 'hex'), Buffer.alloc(65_532, 0x62)]);
  await put('comments.jpg', 'ok', Buffer.concat([jpeg.subarray(0, 2), ...Array.from({ length: 20 }, () => comment), jpeg.subarray(2)]));
  await put('truncated.jpg', 'ok', jpeg.subarray(0, jpeg.length - 600));
  await put(
    'zeroed-middle.jpg',
    'ok',
    sized(jpeg, (bytes) => bytes.fill(0, bytes.length - 900, bytes.length - 400)),
  );
  await put('truncated.webp', 'ok', (await readFile(good.webp)).subarray(0, 60));
}

async function makeFilms(): Promise<void> {
  let nested: Buffer = Buffer.alloc(0);
  for (let n = 0; n < 2000; n += 1) nested = box('moov', nested);
  await put('nested.mp4', 'ok', Buffer.concat([FTYP, nested]));
  await put('overflow.mp4', 'ok', Buffer.concat([FTYP, Buffer.from('000000016d6f6f76ffffffffffffffff', 'hex'), Buffer.alloc(64)]));
  const mp4 = await readFile(good.mp4);
  await put('truncated.mp4', 'ok', mp4.subarray(0, mp4.length >> 1));
  const table = mp4.indexOf('stts');
  await put(
    'table-2-31.mp4',
    'ok',
    sized(mp4, (bytes) => bytes.writeUInt32BE(0x7fffffff, table + 8)),
  );
  const header = mp4.indexOf('mdhd');
  await put(
    'timescale-0.mp4',
    'ok',
    sized(mp4, (bytes) => bytes.writeUInt32BE(0, header + 16)),
  );
  await put(
    'wide.wav',
    'file.damaged',
    sized(wave(), (bytes) => bytes.writeUInt16LE(65_535, 22)),
  );
  await put(
    '4-gb.wav',
    'ok',
    sized(wave(0.1), (bytes) => bytes.writeUInt32LE(0xfffffff0, 40)),
  );
  await put('id3-268-mb.mp3', 'file.damaged', Buffer.concat([Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(1000)]));
  await put(
    'no-rate.flac',
    'file.damaged',
    sized(await readFile(good.flac), (bytes) => bytes.fill(0, 18, 20).writeUInt8((bytes[20] ?? 0) & 15, 20)),
  );
  await put('header-only.ogg', 'ok', (await readFile(good.ogg)).subarray(0, 60));
}

async function makeLiars(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/x`;
  await put('playlist.mp4', 'file.unsupported', `#EXTM3U\n#EXTINF:1,\n${url}.ts\n`);
  await put('concat.mkv', 'file.unsupported', `ffconcat version 1.0\nfile '${url}.mp4'\n`);
  await put('session.avi', 'file.unsupported', `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video ${port} RTP/AVP 96\r\n`);
  await put(
    'dash.mp4',
    'file.unsupported',
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${url}</BaseURL></MPD>`,
  );
  await put(
    'picture.svg.png',
    'file.unsupported',
    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${url}.png"/><image href="file:///etc/passwd"/></svg>`,
  );
  await put('program.png', 'file.unsupported', Buffer.concat([Buffer.from('7f454c460201010000', 'hex'), Buffer.alloc(200)]));
  await put('text.heic', 'file.unsupported', 'nothing to see here\n');
  await copyFile(good.mp4, join(dir, 'film.jpg'));
  await copyFile(good.jpeg, join(dir, 'picture.mp4'));
  await copyFile(good.png, join(dir, 'picture.mp3'));
  for (const name of ['film.jpg', 'picture.mp4', 'picture.mp3']) expected.set(name, 'ok');
  await put('empty.mp4', 'file.empty', '');
  await put('one-byte.png', 'file.empty', 'x');
}

async function makeNames(): Promise<void> {
  const names = [
    '-i.jpg',
    '%03d.jpg',
    'emoji 😀.jpg',
    'rtl \u202egpj.jpg',
    'opt[n=-1].jpg',
    'page[page=0]',
    '#comment.jpg',
    '-execute.jpg',
    ' lead.jpg',
    'x=y.jpg',
    `${'n'.repeat(250)}.jpg`,
  ];
  if (posix)
    names.push(
      'line\nbreak.jpg',
      'return\rhere.jpg',
      'colon:name.jpg',
      'trailing. ',
      '$(touch pwned).jpg',
      '`id`.jpg',
      'back\\slash.jpg',
      'con.jpg',
      '"quoted".jpg',
    );
  for (const name of names) {
    await copyFile(good.jpeg, join(dir, name));
    expected.set(name, 'ok');
  }
  expected.set(`${'x'.repeat(300)}.jpg`, 'file.nameInvalid');
  expected.set('missing.jpg', 'file.notFound');
}

async function makePlaces(): Promise<void> {
  await mkdir(join(dir, 'a.jpg'));
  expected.set('a.jpg', 'file.notRegular');
  const sparse = await open(join(dir, 'sparse.jpg'), 'w');
  await sparse.truncate(5 * 1024 ** 3);
  await sparse.close();
  expected.set('sparse.jpg', 'file.unsupported');
  if (!posix) return;
  execFileSync('mkfifo', [join(dir, 'pipe.jpg')]);
  expected.set('pipe.jpg', 'file.notRegular');
  expected.set('/dev/zero', 'file.notRegular');
  await symlink('nowhere', join(dir, 'dangling.jpg'));
  expected.set('dangling.jpg', 'file.notFound');
  await symlink('loop.jpg', join(dir, 'loop.jpg'));
  expected.set('loop.jpg', 'file.notRegular');
  await copyFile(good.jpeg, join(dir, 'secret.jpg'));
  await chmod(join(dir, 'secret.jpg'), 0);
  expected.set('secret.jpg', isRoot ? 'ok' : 'file.noPermission');
}

/** A GIF of 40,000 one-pixel frames on a 2000-square screen. */
async function makeManyFrames(): Promise<void> {
  const screen = Buffer.from('474946383961d007d007800000ffffff000000', 'hex');
  const frame = Buffer.from('2c000000000100010000024401003b', 'hex').subarray(0, 14);
  await put('40000-frames.gif', 'ok', Buffer.concat([screen, ...Array.from({ length: 40_000 }, () => frame), Buffer.from(';')]));
}

/**
 * Fills a folder with everything that a media program should survive.
 * @param folder an empty folder
 * @param source small good files to break
 * @param port a local port that nothing may ever connect to
 * @returns file name → `ok` or the error code that inspecting it must answer
 */
export async function makeHostileFiles(folder: string, source: MadeMedia, port: number): Promise<ReadonlyMap<string, string>> {
  dir = folder;
  good = source;
  expected.clear();
  await makePictures();
  await makeManyFrames();
  await makeFilms();
  await makeLiars(port);
  await makeNames();
  await makePlaces();
  return expected;
}
