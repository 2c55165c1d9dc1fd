import { brotliCompressSync, deflateSync } from 'node:zlib';
import {
  ascii,
  box,
  chunk,
  directory,
  type Field,
  insertAt,
  join,
  long,
  manifest,
  pngChunk,
  secret,
  segment,
  text,
  u8,
  u16,
  u32,
  xmp,
} from './bytes.ts';

/** What ExifTool is told to write into a picture: each line a place where cameras, phones or editors leave something. */
export const PICTURE_TAGS: readonly string[] = [
  ...['Artist', 'Copyright', 'ImageDescription', 'Software', 'HostComputer', 'XPComment', 'XPKeywords', 'XPAuthor', 'DocumentName'].map(
    (name) => `-IFD0:${name}=${secret(name)}`,
  ),
  '-IFD0:Make=Apple',
  '-IFD0:ModifyDate=2024:05:06 07:08:09',
  ...['UserComment', 'OwnerName', 'SerialNumber', 'LensSerialNumber', 'LensModel', 'ImageUniqueID'].map(
    (name) => `-ExifIFD:${name}=${secret(name)}`,
  ),
  '-ExifIFD:DateTimeOriginal=2024:05:06 07:08:09',
  '-ExifIFD:OffsetTimeOriginal=+02:00',
  '-GPS:GPSLatitude=48.8584',
  '-GPS:GPSLatitudeRef=N',
  '-GPS:GPSLongitude=2.2945',
  '-GPS:GPSLongitudeRef=E',
  '-GPS:GPSAltitude=35',
  '-GPS:GPSDateStamp=2024:05:06',
  `-GPS:GPSProcessingMethod=${secret('gps-method')}`,
  `-GPS:GPSAreaInformation=${secret('gps-area')}`,
  ...[
    'dc:Title',
    'dc:Creator',
    'dc:Rights',
    'dc:Subject',
    'photoshop:City',
    'photoshop:History',
    'iptcExt:PersonInImage',
    'xmp:CreatorTool',
  ].map((name) => `-XMP-${name}=${secret(name.replace(':', '-'))}`),
  '-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
  `-XMP-xmpMM:DocumentID=${secret('document-id')}`,
  '-XMP-xmpMM:HistoryAction=saved',
  `-XMP-xmpMM:HistorySoftwareAgent=${secret('history-agent')}`,
  `-XMP-crs:RawFileName=${secret('raw-name')}`,
  '-XMP-exif:GPSLatitude=48.8584',
];
/** IPTC and Photoshop blocks, where ExifTool can write them. */
export const IPTC_TAGS: readonly string[] = [
  ...['By-line', 'Caption-Abstract', 'City', 'Keywords', 'Source', 'OriginatingProgram'].map((name) => `-IPTC:${name}=${secret(name)}`),
  '-IPTC:DateCreated=2024:05:06',
  `-Photoshop:URL=https://example.org/${secret('photoshop-url')}`,
];

/** EXIF with a maker note as an iPhone writes it: a directory of its own with the identifier of a live photo. */
export function exifWithMakerNote(): Buffer {
  const makerNote = (() => {
    const head = text('Apple iOS\0');
    const fields: Field[] = [ascii(0x0011, secret('maker-content-id')), ascii(0x0015, secret('maker-image-id'))];
    return join(head, u8(0, 1), text('MM'), directory(14, fields));
  })();
  const first: (exifAt: number) => Field[] = (exifAt) => [ascii(0x010f, 'Apple'), ascii(0x0110, 'iPhone 16 Pro'), long(0x8769, exifAt)];
  const exifAt = 8 + directory(8, first(0)).length;
  return join(text('MM\0*'), u32(8), directory(8, first(exifAt)), directory(exifAt, [[0x927c, 7, makerNote.length, makerNote]]));
}

/** A little JPEG that says of itself that it was planted; thumbnails and second pictures are of that kind. */
export const labelled = (jpeg: Buffer, what: string): Buffer => insertAt(jpeg, 2, segment(0xfe, text(secret(what))));

const EXIF = text('Exif\0\0');

/** JPEG with nothing but a maker note yet; ExifTool adds the rest. */
export const seedJpeg = (jpeg: Buffer): Buffer => insertAt(jpeg, 2, segment(0xe1, join(EXIF, exifWithMakerNote())));

/** A multi-picture index (CIPA DC-007) for a second picture behind the first. @param head position of the index's own header in the file */
function mpf(firstBytes: number, secondBytes: number, head: number): Buffer {
  const entries = join(u32(0x030000), u32(firstBytes), u32(0), u32(0), u32(0), u32(secondBytes), u32(firstBytes - head), u32(0));
  return join(
    text('MPF\0MM\0*'),
    u32(8),
    directory(8, [
      [0xb000, 7, 4, text('0100')],
      [0xb001, 4, 1, u32(2)],
      [0xb002, 7, entries.length, entries],
    ]),
  );
}

/** The places of a JPEG that ExifTool doesn't write: extended XMP, C2PA, other application segments, a second picture, a trailer. */
export function fillJpeg(jpeg: Buffer, second: Buffer): Buffer {
  const more = text(`<x:xmpmeta xmlns:x='adobe:ns:meta/'>${secret('extended-xmp')}</x:xmpmeta>`);
  const store = manifest();
  const segments = join(
    segment(
      0xe1,
      join(text('http://ns.adobe.com/xmp/extension/\0'), text('0123456789ABCDEF0123456789ABCDEF'), u32(more.length), u32(0), more),
    ),
    segment(0xe3, text(`Meta\0\0${secret('app3')}`)),
    segment(0xe5, text(`RMETA\0${secret('app5')}`)),
    segment(0xeb, join(text('JP'), u16(1), u32(1), store)),
    segment(0xec, join(text('Ducky'), u16(2), u16(24), u32(5), text(secret('ducky')))),
    segment(0xe4, text(`${secret('app4')}\0`)),
    segment(0xef, text(secret('app15'))),
    segment(0xfe, text(secret('comment'))),
  );
  const indexBytes = 2 + 2 + mpf(0, 0, 0).length;
  const firstBytes = jpeg.length + segments.length + indexBytes;
  // The index's header stands behind marker, length and its four letters.
  const index = segment(0xe2, mpf(firstBytes, second.length, 2 + segments.length + 8));
  return join(insertAt(jpeg, 2, join(segments, index)), second, text(secret('trailer')));
}

const ends = (bytes: Buffer, type: string): number => bytes.lastIndexOf(text(type)) - 4;

/** Text in all its forms, time, C2PA, private chunks and a trailer. */
export function fillPng(png: Buffer): Buffer {
  const profile = `\nexif\n      ${secret('raw-profile').length}\n${Buffer.from(secret('raw-profile')).toString('hex')}\n`;
  const chunks = join(
    pngChunk('tEXt', text(`Comment\0${secret('tEXt')}`)),
    pngChunk('tEXt', text(`parameters\0${secret('prompt')}, Steps: 20, Sampler: Euler, CFG scale: 7`)),
    pngChunk('zTXt', join(text('Description\0\0'), deflateSync(text(secret('zTXt'))))),
    pngChunk('zTXt', join(text('Raw profile type APP1\0\0'), deflateSync(text(profile)))),
    pngChunk('iTXt', join(text('Author\0\0\0en\0Author\0'), Buffer.from(secret('iTXt')))),
    pngChunk('iTXt', join(text('Title\0\x01\0en\0Title\0'), deflateSync(text(secret('iTXt-z'))))),
    pngChunk('tIME', join(u16(2024), u8(5, 6, 7, 8, 9))),
    pngChunk('caBX', manifest()),
    pngChunk('prVt', text(secret('private'))),
    pngChunk('dSIG', text(secret('signature'))),
  );
  const withChunks = insertAt(png, 33, chunks);
  const late = insertAt(withChunks, ends(withChunks, 'IEND'), pngChunk('tEXt', text(`Late\0${secret('late')}`)));
  return join(late, text(secret('trailer')));
}

/** C2PA, an unknown chunk (in a frame too, when animated) and a trailer. */
export function fillWebp(webp: Buffer): Buffer {
  const added = join(chunk('C2PA', manifest()), chunk('prVt', text(secret('private'))));
  const frame = webp.indexOf(text('ANMF'));
  let body: Buffer = Buffer.from(webp);
  if (frame > 0) {
    const inner = chunk('prVt', text(secret('in-frame')));
    const size = body.readUInt32LE(frame + 4);
    body.writeUInt32LE(size + inner.length, frame + 4);
    body = insertAt(body, frame + 8 + size + (size % 2), inner);
  }
  const whole = join(body, added);
  whole.writeUInt32LE(whole.length - 8, 4);
  return join(whole, text(secret('trailer')));
}

const blocks = (body: Buffer): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += 255) parts.push(u8(Math.min(255, body.length - at)), body.subarray(at, at + 255));
  return join(...parts, u8(0));
};
const application = (name: string, body: Buffer): Buffer => join(u8(0x21, 0xff, 11), text(name), blocks(body));

/** Comment, XMP (with its magic trailer), C2PA, IPTC, private application data and a trailer. */
export function fillGif(gif: Buffer): Buffer {
  const magic = Buffer.from(Array.from({ length: 258 }, (_, n) => (n === 0 ? 1 : n === 257 ? 0 : 256 - n)));
  const added = join(
    join(u8(0x21, 0xfe), blocks(text(secret('comment')))),
    join(u8(0x21, 0xff, 11), text('XMP DataXMP'), xmp('xmp'), magic),
    application('C2PA_GIF\x01\0\0', manifest()),
    application('MGKIPTC0000', text(secret('iptc'))),
    application('PRIVATE 1.0', text(secret('private'))),
  );
  const table = ((gif[10] ?? 0) & 0x80) === 0 ? 0 : 3 * 2 ** (((gif[10] ?? 0) & 7) + 1);
  return join(insertAt(gif, 13 + table, added), text(secret('trailer')));
}

/** C2PA and other boxes of their own on the top level, filler that isn't empty, and a trailer. */
export function fillHeif(heif: Buffer): Buffer {
  return join(
    heif,
    box('uuid', Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex'), u32(0), text('manifest\0'), Buffer.alloc(8), manifest()),
    box('uuid', Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'), xmp('uuid-xmp')),
    box('free', text(secret('free'))),
    box('skip', text(secret('skip'))),
    box('udta', box('name', text(secret('udta')))),
    box('mdat', text(secret('mdat'))),
  );
}

/** EXIF, XMP, JUMBF and all of them once more compressed, plus an unknown box (ISO/IEC 18181-2). @param codestream a bare picture */
export function jxlWith(codestream: Buffer): Buffer {
  const exif = join(u32(0), exifWithMakerNote());
  return join(
    box('JXL ', u8(0x0d, 0x0a, 0x87, 0x0a)),
    box('ftyp', text('jxl \0\0\0\0jxl ')),
    box('Exif', exif),
    box('xml ', xmp('xml')),
    manifest(),
    box('brob', text('xml '), brotliCompressSync(xmp('brob'))),
    box('prVt', text(secret('private'))),
    box('jxlc', codestream),
    box('free', text(secret('free'))),
    box('xml ', xmp('late')),
  );
}

/** Private and rare fields of the first directory, C2PA, and bytes that no directory mentions. */
export const TIFF_TAGS: readonly string[] = [
  `-IFD0:PageName=${secret('page')}`,
  `-IFD0:TargetPrinter=${secret('printer')}`,
  `-IFD0:ImageHistory=${secret('history')}`,
  `-IFD0:SecurityClassification=${secret('security')}`,
  `-IFD0:GDALMetadata=${secret('gdal')}`,
];

/** A further directory field that ExifTool has no name for, in the last directory of a little-endian TIFF made by the picture library. */
export const tiffTrailer = (tiff: Buffer): Buffer => join(tiff, text(secret('trailer')));
