import type { Metadata } from './studio.ts';

/** Fictional people and gear. Coordinates are those of public landmarks. */

const position = (latitude: number, longitude: number, altitude: number): Metadata => ({
  'GPS:GPSLatitude': Math.abs(latitude),
  'GPS:GPSLatitudeRef': latitude < 0 ? 'S' : 'N',
  'GPS:GPSLongitude': Math.abs(longitude),
  'GPS:GPSLongitudeRef': longitude < 0 ? 'W' : 'E',
  'GPS:GPSAltitude': altitude,
  'GPS:GPSAltitudeRef': 'Above Sea Level',
  'GPS:GPSMapDatum': 'WGS-84',
});

export const PLACES = {
  batumi: position(41.6458, 41.6417, 4),
  zermatt: position(45.9763, 7.6586, 1608),
  singapore: position(1.2834, 103.8607, 11),
  tromso: position(69.6492, 18.9553, 62),
  merzouga: position(31.0802, -4.0134, 731),
  madeira: position(32.7607, -16.9595, 118),
} as const;

const shot = (date: string, zone: string): Metadata => ({
  'ExifIFD:DateTimeOriginal': date,
  'ExifIFD:CreateDate': date,
  'IFD0:ModifyDate': date,
  'ExifIFD:OffsetTimeOriginal': zone,
});

/** EXIF of one exposure. */
export function exposure(date: string, zone: string, seconds: string, aperture: number, iso: number, focalLength: number): Metadata {
  return {
    ...shot(date, zone),
    'ExifIFD:ExposureTime': seconds,
    'ExifIFD:FNumber': aperture,
    'ExifIFD:ISO': iso,
    'ExifIFD:FocalLength': focalLength,
    'ExifIFD:ExposureProgram': 'Aperture-priority AE',
    'ExifIFD:MeteringMode': 'Multi-segment',
    'ExifIFD:Flash': 'No Flash',
  };
}

export const CAMERAS = {
  sony: {
    'IFD0:Make': 'SONY',
    'IFD0:Model': 'ILCE-7M4',
    'IFD0:Software': 'ILCE-7M4 v3.01',
    'ExifIFD:SerialNumber': '05418273',
    'ExifIFD:LensModel': 'FE 24-70mm F2.8 GM II',
    'ExifIFD:LensSerialNumber': '1840277',
  },
  canon: {
    'IFD0:Make': 'Canon',
    'IFD0:Model': 'Canon EOS R6m2',
    'ExifIFD:OwnerName': 'Lena Brandt',
    'ExifIFD:SerialNumber': '123031005947',
    'ExifIFD:LensModel': 'RF15-35mm F2.8 L IS USM',
    'ExifIFD:LensSerialNumber': '8802004417',
  },
  nikon: {
    'IFD0:Make': 'NIKON CORPORATION',
    'IFD0:Model': 'NIKON Z 8',
    'ExifIFD:SerialNumber': '6013842',
    'ExifIFD:LensModel': 'NIKKOR Z 24-120mm f/4 S',
    'ExifIFD:LensSerialNumber': '20117754',
  },
  phone: {
    'IFD0:Make': 'Apple',
    'IFD0:Model': 'iPhone 16 Pro',
    'IFD0:Software': '18.6',
    'ExifIFD:LensModel': 'iPhone 16 Pro back triple camera 6.765mm f/1.78',
  },
} as const satisfies Readonly<Record<string, Metadata>>;

/** Author, rights and ways to reach the author, in EXIF, IPTC and XMP as photo desks write them. */
export function author(name: string, email: string, city: string, country: string): Metadata {
  return {
    'IFD0:Artist': name,
    'IFD0:Copyright': `© 2026 ${name}`,
    'XMP-dc:Creator': name,
    'XMP-dc:Rights': `© 2026 ${name}. All rights reserved.`,
    'XMP-iptcCore:CreatorWorkEmail': email,
    'XMP-photoshop:City': city,
    'XMP-photoshop:Country': country,
  };
}

/** IPTC-IIM for formats that have room for it. */
export function press(name: string, headline: string, caption: string, keywords: readonly string[]): Metadata {
  return {
    'IPTC:By-line': name,
    'IPTC:Headline': headline,
    'IPTC:Caption-Abstract': caption,
    'IPTC:Keywords': keywords,
    'IPTC:CopyrightNotice': `© 2026 ${name}`,
    'XMP-dc:Subject': keywords,
  };
}

/** Traces of an editor: document ids and the steps since the original. */
export function editHistory(id: string, steps: readonly string[]): Metadata {
  return {
    'XMP-xmp:CreatorTool': 'Adobe Photoshop 27.1 (Macintosh)',
    'XMP-xmpMM:OriginalDocumentID': `xmp.did:${id}-0001`,
    'XMP-xmpMM:DocumentID': `adobe:docid:photoshop:${id}-0002`,
    'XMP-xmpMM:InstanceID': `xmp.iid:${id}-0003`,
    'XMP-xmpMM:HistoryAction': steps,
    'XMP-xmpMM:HistorySoftwareAgent': steps.map(() => 'Adobe Photoshop 27.1 (Macintosh)'),
    'XMP-xmpMM:HistoryWhen': steps.map((_, i) => `2026:09:${String(10 + i).padStart(2, '0')} 14:2${i}:00+03:00`),
  };
}
