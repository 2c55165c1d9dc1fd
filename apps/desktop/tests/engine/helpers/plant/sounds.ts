import { box, chunk, insertAt, join, manifest, secret, text, u8, u16, u32, xmp } from './bytes.ts';
import { labelled } from './pictures.ts';

const syncsafe = (n: number) => u8((n >> 21) & 127, (n >> 14) & 127, (n >> 7) & 127, n & 127);
const wide = (value: string) => join(u8(0xff, 0xfe), Buffer.from(value, 'utf16le'));

/** An ID3v2 tag of version 3 or 4 with the frames that say most. */
export function id3(version: 3 | 4, picture: Buffer): Buffer {
  const frame = (id: string, body: Buffer) => join(text(id), version === 4 ? syncsafe(body.length) : u32(body.length), u16(0), body);
  const v = `id3v2${version}`;
  const frames = join(
    frame('TIT2', join(u8(0), text(secret(`${v}-title`)))),
    frame('TPE1', join(u8(1), wide(secret(`${v}-artist`)))),
    frame('TENC', join(u8(0), text(secret(`${v}-encoded-by`)))),
    frame('TXXX', join(u8(0), text(`where\0${secret(`${v}-txxx`)}`))),
    frame('COMM', join(u8(0), text(`eng\0${secret(`${v}-comment`)}`))),
    frame('USLT', join(u8(0), text(`eng\0${secret(`${v}-lyrics`)}`))),
    frame('WOAR', text(`https://example.org/${secret(`${v}-link`)}`)),
    frame('PRIV', join(text('XMP\0'), xmp(`${v}-xmp`))),
    frame('UFID', text(`example.org\0${secret(`${v}-id`)}`)),
    frame('GEOB', join(u8(0), text('application/x-c2pa-manifest-store\0c2pa\0c2pa manifest store\0'), manifest())),
    frame('APIC', join(u8(0), text('image/jpeg\0\x03\0'), labelled(picture, `${v}-cover`))),
    frame(
      'CHAP',
      join(text('c0\0'), u32(0), u32(500), u32(0xffffffff), u32(0xffffffff), frame('TIT2', join(u8(0), text(secret(`${v}-chapter`))))),
    ),
    frame(version === 4 ? 'TDRC' : 'TYER', text('\x002024')),
  );
  return join(text('ID3'), u8(version, 0, 0), syncsafe(frames.length), frames);
}

/** ID3v1.1 with its extension before it. */
function id3v1(): Buffer {
  const fixed = (value: string, length: number) => join(text(value), Buffer.alloc(length)).subarray(0, length);
  const extension = join(text('TAG+'), fixed(secret('id3v1-long-title'), 60), fixed('', 60), fixed('', 60), Buffer.alloc(43));
  return join(extension, text('TAG'), fixed(secret('id3v1-title'), 30), fixed(secret('id3v1-artist'), 30), Buffer.alloc(65));
}

function apev2(): Buffer {
  const item = (key: string, value: Buffer, flags = 0) => join(u32(value.length, true), u32(flags, true), text(`${key}\0`), value);
  const items = join(
    item('Artist', text(secret('ape-artist'))),
    item('MP3GAIN_MINMAX', text('100,200')),
    item('Cover Art (Front)', join(text('cover.jpg\0'), text(secret('ape-cover'))), 2),
  );
  const block = (flags: number) =>
    join(text('APETAGEX'), u32(2000, true), u32(items.length + 32, true), u32(3, true), u32(flags, true), Buffer.alloc(8));
  return join(block(0xa0000000), items, block(0x80000000));
}

function lyrics3(): Buffer {
  const field = (id: string, value: string) => `${id}${String(value.length).padStart(5, '0')}${value}`;
  const body = text(`LYRICSBEGIN${field('IND', '00')}${field('LYR', secret('lyrics3'))}${field('AUT', secret('lyrics3-author'))}`);
  return join(body, text(String(body.length).padStart(6, '0')), text('LYRICS200'));
}

/** Tags before and behind the frames of MP3 or ADTS, and text behind the last frame that belongs to no tag. */
export function fillFrames(frames: Buffer, picture: Buffer): Buffer {
  return join(id3(3, picture), id3(4, picture), frames, text(secret('after-last-frame')), apev2(), lyrics3(), id3v1());
}

const flacBlock = (type: number, body: Buffer): Buffer => join(u8(type), u32(body.length).subarray(1), body);
const counted = (value: string | Buffer, little = false): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return join(u32(bytes.length, little), bytes);
};
/** Body of a FLAC picture block. */
export const flacPicture = (jpeg: Buffer, what: string): Buffer =>
  join(u32(3), counted('image/jpeg'), counted(secret(`${what}-text`)), u32(16), u32(16), u32(24), u32(0), counted(labelled(jpeg, what)));
/** Body of Vorbis comments. */
export function vorbisComments(what: string, jpeg: Buffer): Buffer {
  const lines = [
    `TITLE=${secret(`${what}-title`)}`,
    `ARTIST=${secret(`${what}-artist`)}`,
    `LOCATION=${secret(`${what}-location`)}`,
    `COMMENT=${secret(`${what}-comment`)}`,
    `CHAPTER001=00:00:00.000`,
    `CHAPTER001NAME=${secret(`${what}-chapter`)}`,
    `METADATA_BLOCK_PICTURE=${flacPicture(jpeg, `${what}-cover`).toString('base64')}`,
  ];
  return join(counted(secret(`${what}-vendor`), true), u32(lines.length, true), ...lines.map((line) => counted(line, true)));
}

/** All blocks of RFC 9639 that aren't sound, padding that isn't empty, ID3 on both ends, a trailer. */
export function fillFlac(flac: Buffer, picture: Buffer): Buffer {
  let at = 4;
  let info = Buffer.alloc(0);
  for (let last = false; !last; ) {
    const head = flac.readUInt32BE(at);
    last = head >= 0x80000000;
    const end = at + 4 + (head & 0xffffff);
    if (((head >>> 24) & 0x7f) === 0) info = Buffer.from(flac.subarray(at, end));
    at = end;
  }
  info[0] = 0;
  const cue = join(text(secret('cue-catalog')), Buffer.alloc(400)).subarray(0, 396);
  cue[395] = 2;
  const isrc = text(secret('isrc')).subarray(0, 12);
  const track = join(Buffer.alloc(8), u8(1), isrc, Buffer.alloc(14), u8(1), Buffer.alloc(8), u8(1), Buffer.alloc(3));
  const leadOut = join(Buffer.alloc(4), u32(44_100), u8(170), Buffer.alloc(26), u8(0));
  const blocks = join(
    flacBlock(4, vorbisComments('vorbis', picture)),
    flacBlock(6, flacPicture(picture, 'picture')),
    flacBlock(2, join(text('PLNT'), text(secret('application')))),
    flacBlock(5, join(cue, track, leadOut)),
    flacBlock(126, text(secret('reserved'))),
    flacBlock(0x81, text(secret('padding'))),
  );
  return join(id3(4, picture), text('fLaC'), info, blocks, flac.subarray(at), text(secret('trailer')), apev2(), id3v1());
}

const list = (type: string, ...parts: readonly Buffer[]): Buffer => chunk('LIST', join(text(type), ...parts));

/** Chunks that recorders, editors and broadcasters put into WAVE and AVI files. */
export const riffInfo = (): Buffer =>
  list(
    'INFO',
    ...['INAM', 'IART', 'ICMT', 'ICOP', 'ISFT', 'IENG', 'ITCH', 'IKEY'].map((name) => chunk(name, text(`${secret(name)}\0`))),
    chunk('ICRD', text('2024-05-06\0')),
  );

export function fillWav(wav: Buffer, picture: Buffer): Buffer {
  const fixed = (value: string, length: number) => join(text(value), Buffer.alloc(length)).subarray(0, length);
  const bext = join(
    fixed(secret('bext-description'), 256),
    fixed(secret('bext-originator'), 32),
    fixed(secret('bext-reference'), 32),
    text('2024-05-0607:08:09'),
    Buffer.alloc(8),
    u16(1, true),
    fixed(secret('bext-umid'), 64),
    Buffer.alloc(190),
    text(secret('bext-history')),
  );
  const cue = join(u32(1, true), u32(1, true), u32(0, true), text('data'), u32(0, true), u32(0, true), u32(0, true));
  const before = join(
    chunk('bext', bext),
    chunk('iXML', text(`<BWFXML><NOTE>${secret('ixml')}</NOTE></BWFXML>`)),
    chunk('JUNK', text(secret('junk'))),
    riffInfo(),
  );
  const after = join(
    chunk('cue ', cue),
    list(
      'adtl',
      chunk('labl', join(u32(1, true), text(`${secret('label')}\0`))),
      chunk('note', join(u32(1, true), text(`${secret('note')}\0`))),
    ),
    chunk('id3 ', id3(3, picture)),
    chunk('_PMX', xmp('pmx')),
    chunk('cart', fixed(secret('cart'), 2048)),
    chunk('axml', text(secret('axml'))),
    chunk('C2PA', manifest()),
    chunk('prVt', text(secret('private'))),
    chunk('DISP', join(u32(1, true), text(secret('disp')))),
  );
  const data = wav.indexOf(text('data'));
  const filled = join(insertAt(wav, data, before), after);
  filled.writeUInt32LE(filled.length - 8, 4);
  return join(filled, text(secret('trailer')));
}

/** INFO, dates, stream names, filler that isn't empty, XMP, and a trailer. */
export function fillAvi(avi: Buffer): Buffer {
  const movie = avi.indexOf(text('movi')) - 8;
  const before = join(
    riffInfo(),
    chunk('IDIT', text('MON MAY 06 07:08:09 2024\n\0')),
    chunk('_PMX', xmp('pmx')),
    list('Tdat', chunk('rn_A', text(secret('reel')))),
    list('exif', chunk('emdl', text(`${secret('model')}\0`))),
    chunk('JUNK', text(secret('junk'))),
    chunk('C2PA', manifest()),
  );
  let filled = insertAt(avi, movie, before);
  const header = filled.indexOf(text('hdrl')) - 8;
  const names = chunk('strn', text(`${secret('stream')}\0`));
  const stream = filled.indexOf(text('strl'), header) - 8;
  const end = stream + 8 + filled.readUInt32LE(stream + 4);
  filled = insertAt(filled, end, names);
  filled.writeUInt32LE(filled.readUInt32LE(stream + 4) + names.length, stream + 4);
  filled.writeUInt32LE(filled.readUInt32LE(header + 4) + names.length, header + 4);
  filled.writeUInt32LE(filled.length - 8, 4);
  return join(filled, text(secret('trailer')));
}

/** Boxes for an ISO file's user data that ExifTool doesn't write. */
export const userData = (): Buffer =>
  join(
    box('loci', u32(0), u16(0x15c7), text(`${secret('loci')}\0`), u8(0), Buffer.alloc(12), text('earth\0note\0')),
    box('auth', u32(0), u16(0x15c7), text(`${secret('3gp-author')}\0`)),
    box('chpl', u8(1, 0, 0, 0), u32(0), u8(1), Buffer.alloc(8), u8(secret('chapter').length), text(secret('chapter'))),
    box('priv', text(secret('private-udta'))),
  );
