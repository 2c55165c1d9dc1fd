import type { Tag } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import type { StreamProbe } from '../binaries/av.ts';
import { cutText } from '../binaries/cut-text.ts';

/** Where ExifTool files the texts of a container. */
const GROUPS: Readonly<Partial<Record<MediaFormat, string>>> = {
  mp4: 'ItemList',
  mov: 'ItemList',
  m4a: 'ItemList',
  mkv: 'Matroska',
  webm: 'Matroska',
  mp3: 'ID3v2_3',
  aac: 'ID3v2_3',
  flac: 'Vorbis',
  ogg: 'Vorbis',
  wav: 'RIFF',
  avi: 'RIFF',
};

const NAMES: Readonly<Record<string, string>> = {
  'com.apple.quicktime.make': 'Keys:Make',
  'com.apple.quicktime.model': 'Keys:Model',
  'com.apple.quicktime.software': 'Keys:Software',
  'com.apple.quicktime.creationdate': 'Keys:CreationDate',
  'com.apple.quicktime.location.ISO6709': 'Keys:GPSCoordinates',
  'com.android.version': 'Keys:AndroidVersion',
  'com.android.manufacturer': 'Keys:AndroidManufacturer',
  'com.android.model': 'Keys:AndroidModel',
  location: 'UserData:GPSCoordinates',
  creation_time: 'QuickTime:CreateDate',
  major_brand: 'QuickTime:MajorBrand',
  minor_version: 'QuickTime:MinorVersion',
  compatible_brands: 'QuickTime:CompatibleBrands',
};

function keyOf(name: string, format: MediaFormat): string {
  const known = NAMES[name] ?? NAMES[name.replace(/-(eng|und)$/, '')];
  if (known) return known;
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const shouting = /^[A-Z0-9_ ]+$/.test(name);
  const camel = words.map((word) => word.charAt(0).toUpperCase() + (shouting ? word.slice(1).toLowerCase() : word.slice(1))).join('');
  return `${GROUPS[format] ?? 'Container'}:${camel || 'Unknown'}`;
}

function tag(key: string, value: string | number | undefined): Tag[] {
  if (value === undefined || value === '') return [];
  const { text, truncated } = cutText(String(value));
  return [{ key, value: text, source: 'probe', ...(truncated ? { truncated } : {}) }];
}

/**
 * What the container probe saw, as tags: its texts under ExifTool's names where they are known, and one group per stream.
 */
export function streamTags(probe: StreamProbe, format: MediaFormat): Tag[] {
  return [
    ...Object.entries(probe.metadata).flatMap(([name, value]) => tag(keyOf(name, format), value)),
    ...probe.streams.flatMap((stream) => {
      const group = `Stream${stream.index}`;
      return [
        ...tag(`${group}:Type`, stream.isCover ? 'cover' : stream.type),
        ...tag(`${group}:Codec`, stream.codec),
        ...tag(`${group}:Width`, stream.width),
        ...tag(`${group}:Height`, stream.height),
        ...tag(`${group}:PixelFormat`, stream.pixelFormat),
        ...tag(`${group}:FrameRate`, stream.fps === undefined ? undefined : Number(stream.fps.toFixed(3))),
        ...tag(`${group}:FrameCount`, stream.frames),
        ...tag(`${group}:Rotation`, stream.rotation === 0 ? undefined : stream.rotation),
        ...tag(`${group}:SampleRate`, stream.sampleRate),
        ...tag(`${group}:Channels`, stream.channels),
        ...tag(`${group}:BitRate`, stream.bitRate),
        ...tag(`${group}:Language`, stream.language),
        ...Object.entries(stream.metadata).flatMap(([name, value]) =>
          name === 'language' ? [] : tag(`${group}:${keyOf(name, format).split(':')[1] ?? name}`, value),
        ),
      ];
    }),
  ];
}
