import { Demuxer, Muxer } from 'node-av/api';
import { Dictionary } from 'node-av/lib';
import { replaceData } from '../../../../src/engine/binaries/encoder-text.ts';
import { box, element, fullBox, join, manifest, secret, text, u8, u16, u32, xmp } from './bytes.ts';
import { labelled } from './pictures.ts';
import { userData } from './sounds.ts';

/** A unit of user data as encoders and dashboard cameras hide it between pictures (ITU-T H.264 and H.265, annex D, type 5). */
function sei(codec: 'h264' | 'hevc', what: string): Buffer {
  const payload = join(Buffer.alloc(16, 0x5a), text(secret(what)));
  const unit = join(codec === 'h264' ? u8(0x06) : u8(0x4e, 0x01), u8(5, payload.length), payload, u8(0x80));
  return join(u32(unit.length), unit);
}

export type Refilm = {
  readonly input: string;
  readonly output: string;
  readonly container: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly codec?: 'h264' | 'hevc';
  readonly tags?: Readonly<Record<string, string>>;
  readonly streamTags?: Readonly<Record<string, string>>;
};

/** Copies a film's streams into another file, with user data before its first picture and with tags. */
export function refilm({ input, output, container, options = {}, codec, tags, streamTags }: Refilm): void {
  const demuxer = Demuxer.openSync(input);
  const muxer = Muxer.openSync(output, {
    format: container,
    options: { ...options },
    configure: (context) => {
      if (tags) context.metadata = Dictionary.fromObject({ ...tags });
      for (const stream of context.streams) if (streamTags) stream.metadata = Dictionary.fromObject({ ...streamTags });
    },
  });
  const places = new Map(demuxer.streams.map((stream) => [stream.index, muxer.addStream(stream)]));
  const film = demuxer.video()?.index;
  let isFirst = codec !== undefined;
  for (const packet of demuxer.packetsSync()) {
    if (packet === null) break;
    if (isFirst && codec && packet.streamIndex === film && packet.data) {
      isFirst = false;
      replaceData(packet, join(sei(codec, `${codec}-sei`), packet.data));
    }
    muxer.writePacketSync(packet, places.get(packet.streamIndex) ?? 0);
    packet.free();
  }
  muxer.closeSync();
  demuxer.closeSync();
}

/** Makes a moving picture of a still one: its coded picture, several times. (The encoder for it raises its threads above everything else.) */
export function repeatPicture(input: string, output: string, container: string, times: number): void {
  const demuxer = Demuxer.openSync(input);
  const muxer = Muxer.openSync(output, { format: container });
  const film = demuxer.video();
  if (!film) throw new Error('no picture');
  const stream = muxer.addStream(film);
  for (const packet of demuxer.packetsSync(film.index)) {
    if (packet === null) break;
    for (let n = 0; n < times; n += 1) {
      Object.assign(packet, { pts: BigInt(n), dts: BigInt(n), duration: 1n });
      const copy = packet.clone();
      muxer.writePacketSync(copy, stream);
    }
    packet.free();
    break;
  }
  muxer.closeSync();
  demuxer.closeSync();
}

type Box = { readonly type: string; readonly at: number; readonly end: number };

function topBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + bytes.readUInt32BE(at);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), at, end });
    at = end;
  }
  return boxes;
}

/** A track of samples that nobody sees. @param sampleAt position of its only sample in the file */
function dataTrack(id: number, format: string, name: string, sample: Buffer, sampleAt: number): Buffer {
  const stbl = box(
    'stbl',
    fullBox('stsd', u32(1), box(format, Buffer.alloc(6), u16(1))),
    fullBox('stts', u32(1), u32(1), u32(1000)),
    fullBox('stsc', u32(1), u32(1), u32(1), u32(1)),
    fullBox('stsz', u32(0), u32(1), u32(sample.length)),
    fullBox('stco', u32(1), u32(sampleAt)),
  );
  const minf = box('minf', fullBox('nmhd'), box('dinf', fullBox('dref', u32(1), box('url ', u32(1)))), stbl);
  const matrix = join(u32(0x10000), u32(0), u32(0), u32(0), u32(0x10000), u32(0), u32(0), u32(0), u32(0x40000000));
  return box(
    'trak',
    box('tkhd', u32(7), u32(0xe2a0b0c0), u32(0xe2a0b0c0), u32(id), u32(0), u32(1000), Buffer.alloc(16), matrix, u32(0), u32(0)),
    box(
      'mdia',
      fullBox('mdhd', u32(0xe2a0b0c0), u32(0xe2a0b0c0), u32(1000), u32(1000), u16(0x55c4), u16(0)),
      fullBox('hdlr', u32(0), text('meta'), Buffer.alloc(12), text(`${name}\0`)),
      minf,
    ),
    box('udta', box('name', text(secret('track-name')))),
  );
}

/** A place as CAMM writes it five times a second: latitude, longitude, altitude. */
function cammSample(): Buffer {
  const sample = Buffer.alloc(28);
  sample.writeUInt16LE(5, 2);
  sample.writeDoubleLE(48.8584, 4);
  sample.writeDoubleLE(2.2945, 12);
  sample.writeDoubleLE(35, 20);
  return sample;
}

/**
 * What ExifTool doesn't write into MP4, MOV and M4A: a timed track of places, a private track, C2PA and XMP boxes, user data of phones,
 * names of handlers and compressors, filler that isn't empty, a trailer.
 */
export function fillMovie(film: Buffer): Buffer {
  const bytes = Buffer.from(film);
  for (const name of ['VideoHandler', 'SoundHandler']) {
    const at = bytes.indexOf(text(name));
    if (at > 0) text(secret('hdlr')).copy(bytes, at);
  }
  const coded = bytes.indexOf(text('avc1'), bytes.lastIndexOf(text('stsd')) > 0 ? bytes.indexOf(text('stsd')) : 0);
  if (coded > 0) join(u8(secret('compressor').length), text(secret('compressor'))).copy(bytes, coded + 46);
  const moov = topBoxes(bytes).find((one) => one.type === 'moov');
  if (!moov) throw new Error('no movie box');
  const places = cammSample();
  const own = text(secret('timed-data'));
  const build = (samplesAt: number): Buffer =>
    box(
      'moov',
      bytes.subarray(moov.at + 8, moov.end),
      dataTrack(97, 'camm', secret('camm-handler'), places, samplesAt),
      dataTrack(98, 'mett', secret('mett-handler'), own, samplesAt + places.length),
      box('udta', userData()),
    );
  // Where the old movie box was, something of the same length keeps everything else in its place.
  const old = box('free', Buffer.alloc(moov.end - moov.at - 8));
  const samplesAt = bytes.length + build(0).length + 8;
  return join(
    bytes.subarray(0, moov.at),
    old,
    bytes.subarray(moov.end),
    build(samplesAt),
    box('mdat', places, own),
    box('uuid', Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex'), u32(0), text('manifest\0'), Buffer.alloc(8), manifest()),
    box('uuid', Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'), xmp('uuid-xmp')),
    box('free', text(secret('free'))),
    text(secret('trailer')),
  );
}

const unsigned = (id: number, value: number) => element(id, u32(value));
const named = (id: number, value: string) => element(id, Buffer.from(value, 'utf8'));

/** Attachments, chapters and tags (RFC 9559), plus file names and identifiers of the segment, for a Void that was left open for them. */
function matroskaElements(picture: Buffer): Buffer {
  const attached = element(
    0x61a7,
    named(0x467e, secret('attachment-about')),
    named(0x466e, 'cover.jpg'),
    named(0x4660, 'image/jpeg'),
    element(0x465c, labelled(picture, 'attachment')),
    unsigned(0x46ae, 77),
  );
  const atom = element(0xb6, unsigned(0x73c4, 5), unsigned(0x91, 0), element(0x80, named(0x85, secret('chapter')), named(0x437c, 'eng')));
  const simple = (name: string, value: string) => element(0x67c8, named(0x45a3, name), named(0x4487, value));
  const tags = element(
    0x7373,
    element(0x63c0),
    simple('ARTIST', secret('mkv-artist')),
    simple('COM.APPLE.QUICKTIME.LOCATION.ISO6709', '+48.8584+002.2945/'),
    simple('ENCODER_SETTINGS', secret('mkv-settings')),
    simple('SCREENPLAY_TYPE', secret('mkv-other')),
  );
  return join(element(0x1941a469, attached), element(0x1043a770, element(0x45b9, unsigned(0x45bc, 3), atom)), element(0x1254c367, tags));
}

const VOID = 0xec;

/** Lays the elements over the Void that the muxer's `reserve_index_space` has left, and text over what remains of it. */
export function fillMatroska(film: Buffer, picture: Buffer): Buffer {
  const added = matroskaElements(picture);
  for (let at = film.indexOf(VOID); at >= 0 && at < film.length; at = film.indexOf(VOID, at + 1)) {
    const first = film[at + 1] ?? 0;
    const width = Math.clz32(first) - 23;
    if (width < 1 || width > 8 || at + 1 + width > film.length) continue;
    let size = first - 2 ** (8 - width);
    for (let i = 1; i < width; i += 1) size = size * 256 + (film[at + 1 + i] ?? 0);
    const end = at + 1 + width + size;
    const left = end - at - added.length;
    if (end > film.length || left < 64 || film.subarray(at + 1 + width, end).some((byte) => byte !== 0)) continue;
    const rest = join(text(secret('void')), Buffer.alloc(left)).subarray(0, left - 5);
    const filled = join(film.subarray(0, at), added, element(VOID, rest), film.subarray(end));
    return join(filled, element(VOID, text(secret('trailer'))));
  }
  throw new Error('no room before the first cluster');
}

/** Tags that FFmpeg writes into a container, per file and per stream. */
export const filmTags = (what: string): Record<string, string> => ({
  title: secret(`${what}-title`),
  artist: secret(`${what}-artist`),
  comment: secret(`${what}-comment`),
  location: '+48.8584+002.2945/',
  creation_time: '2024-05-06T07:08:09Z',
  encoder: secret(`${what}-encoder`),
});

/** What ExifTool writes into MP4, MOV and M4A. */
export const MOVIE_TAGS: readonly string[] = [
  '-QuickTime:CreateDate=2024:05:06 07:08:09',
  '-QuickTime:ModifyDate=2024:05:06 07:08:09',
  '-Track1:TrackCreateDate=2024:05:06 07:08:09',
  '-Track1:MediaCreateDate=2024:05:06 07:08:09',
  '-Keys:Make=Apple',
  '-Keys:GPSCoordinates=48.8584 N, 2.2945 E, 35 m',
  '-Keys:CreationDate=2024:05:06 07:08:09+02:00',
  ...['Author', 'Comment', 'Model', 'Software', 'ContentIdentifier'].map((name) => `-Keys:${name}=${secret(`keys-${name}`)}`),
  ...['Title', 'Artist', 'Comment', 'Lyrics', 'Description', 'AppleStoreAccount', 'EncodedBy'].map(
    (name) => `-ItemList:${name}=${secret(`ilst-${name}`)}`,
  ),
  '-UserData:GPSCoordinates=48.8584 N, 2.2945 E, 35 m',
  ...['Title', 'Artist', 'Comment', 'Software', 'SerialNumber', 'RecordedCopyright'].map(
    (name) => `-UserData:${name}=${secret(`udta-${name}`)}`,
  ),
  ...['dc:Creator', 'xmp:CreatorTool', 'photoshop:City'].map((name) => `-XMP-${name}=${secret(`movie-${name.replace(':', '-')}`)}`),
  `-XMP-xmpMM:HistorySoftwareAgent=${secret('movie-history')}`,
];
