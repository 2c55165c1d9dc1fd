import type { Summary, Tag } from '@pingplex/shared/contracts/engine';
import type { StreamProbe } from '../binaries/av.ts';
import type { Sniffed } from '../probe/sniff.ts';
import type { ImageFacts } from './image-facts.ts';
import { indexTags, type TagIndex } from './tag-index.ts';

const NO_DATE = /^0{4}[:-]0{2}[:-]0{2}/;

/** ISO 6709 (`+50.29-014.82+252/`) or ExifTool's own print of it. */
function parsePosition(text: string | undefined): { lat: number; lon: number } | undefined {
  const match = text?.match(/^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)/) ?? text?.match(/^(-?\d+(?:\.\d+)?)[,\s]+(-?\d+(?:\.\d+)?)/);
  return match ? { lat: Number(match[1]), lon: Number(match[2]) } : undefined;
}

function place(tags: TagIndex): { lat: number; lon: number } | undefined {
  const lat = tags.number('Composite:GPSLatitude');
  const lon = tags.number('Composite:GPSLongitude');
  const coordinates = tags.all.find((tag) => tag.key.endsWith(':GPSCoordinates'));
  const found =
    lat !== undefined && lon !== undefined
      ? { lat, lon }
      : parsePosition(coordinates ? String(coordinates.raw ?? coordinates.value) : undefined);
  if (!found || Math.abs(found.lat) > 90 || Math.abs(found.lon) > 180) return undefined;
  // Cameras without a fix write zeros; nobody takes pictures there.
  return found.lat === 0 && found.lon === 0 ? undefined : found;
}

function camera(tags: TagIndex): string | undefined {
  const make = tags.text('IFD0:Make', '*:Make', 'Keys:AndroidManufacturer');
  const model = tags.text('IFD0:Model', '*:Model', 'Keys:AndroidModel', '*:CameraModelName');
  if (!make || !model) return model ?? make;
  return model.toLowerCase().startsWith(make.toLowerCase().split(' ')[0] ?? make) ? model : `${make} ${model}`;
}

/** `4`, `f/4` and `4.0` are one aperture; photographers write the last. */
function fNumber(text: string | undefined): string | undefined {
  const value = Number(text?.replace(/^f\//, ''));
  if (!Number.isFinite(value) || value <= 0) return undefined;
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

function exposure(tags: TagIndex): string | undefined {
  const time = tags.text('ExifIFD:ExposureTime', '*:ExposureTime');
  const aperture = fNumber(tags.text('ExifIFD:FNumber', '*:FNumber'));
  const iso = tags.text('ExifIFD:ISO', '*:ISO');
  const parts = [time ? `${time} s` : '', aperture ? `f/${aperture}` : '', iso ? `ISO ${iso}` : ''].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : undefined;
}

function takenAt(tags: TagIndex): string | undefined {
  const own = tags.text(
    'ExifIFD:DateTimeOriginal',
    'Keys:CreationDate',
    '*:DateTimeOriginal',
    '*:CreationDate',
    'ExifIFD:CreateDate',
    '*:DateCreated',
  );
  const text = own ?? tags.text('*:CreateDate', '*:MediaCreateDate', '*:Date', '*:Year', '*:RecordingTime');
  if (!text || NO_DATE.test(text)) return undefined;
  const offset = tags.text('ExifIFD:OffsetTimeOriginal', 'ExifIFD:OffsetTime');
  return offset && !/[+-]\d\d:\d\d$|Z$/.test(text) ? `${text}${offset}` : text;
}

function present<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined && v !== '')) as Partial<T>;
}

function fromStreams(probe: StreamProbe | undefined, sniffed: Sniffed): Summary {
  if (!probe) return {};
  if (sniffed.kind === 'image') return present({ width: probe.video?.width, height: probe.video?.height });
  const { video, audio } = sniffed.kind === 'audio' ? { video: undefined, audio: probe.audio } : probe;
  const turned = video?.rotation === 90 || video?.rotation === 270;
  return present({
    width: turned ? video.height : video?.width,
    height: turned ? video.width : video?.height,
    durationMs: probe.durationMs,
    fps: video?.fps === undefined ? undefined : Number(video.fps.toFixed(3)),
    frames: video?.frames,
    videoCodec: video?.codec,
    audioCodec: audio?.codec,
    sampleRate: audio?.sampleRate,
    channels: audio?.channels,
    bitRate: probe.bitRate,
  });
}

function fromTags(tags: TagIndex): Summary {
  return present({
    iccProfile: tags.text('ICC_Profile:ProfileDescription'),
    camera: camera(tags),
    lens: tags.text('ExifIFD:LensModel', '*:LensModel', 'Composite:LensID', '*:Lens'),
    exposure: exposure(tags),
    takenAt: takenAt(tags),
    place: place(tags),
    title: tags.text('XMP-dc:Title', 'ItemList:Title', '*:Title', 'IPTC:ObjectName', '*:XPTitle'),
    artist: tags.text('IFD0:Artist', '*:Artist', 'XMP-dc:Creator', 'IPTC:By-line', '*:AlbumArtist'),
    album: tags.text('*:Album', 'RIFF:Product'),
    software: tags.text('IFD0:Software', '*:Software', '*:CreatorTool', '*:Encoder', '*:WritingApp', '*:EncoderSettings'),
  });
}

function sizeFromTags(tags: TagIndex): Summary {
  const width = tags.number('File:ImageWidth', 'IFD0:ImageWidth', '*:ExifImageWidth', '*:ImageWidth');
  const height = tags.number('File:ImageHeight', 'IFD0:ImageHeight', '*:ExifImageHeight', '*:ImageHeight');
  return width !== undefined && height !== undefined && Number.isInteger(width) && Number.isInteger(height) ? { width, height } : {};
}

/**
 * The facts a person asks for first, from every reader that had something to say. Nothing is guessed.
 */
export function summarize(sniffed: Sniffed, tags: readonly Tag[], probe?: StreamProbe, image?: ImageFacts): Summary {
  const index = indexTags(tags);
  const size = image?.width ? {} : sniffed.kind === 'image' ? (sniffed.size ?? sizeFromTags(index)) : {};
  const orientation = sniffed.kind === 'image' ? index.number('IFD0:Orientation') : undefined;
  const known = orientation !== undefined && Number.isInteger(orientation) && orientation >= 1 && orientation <= 8 ? { orientation } : {};
  const stored = { ...size };
  const turned = (known.orientation ?? 1) >= 5 && stored.width !== undefined && sniffed.format !== 'heic';
  return {
    ...stored,
    ...(turned ? { width: stored.height, height: stored.width } : {}),
    ...known,
    ...fromStreams(probe, sniffed),
    ...image,
    ...fromTags(index),
  };
}
