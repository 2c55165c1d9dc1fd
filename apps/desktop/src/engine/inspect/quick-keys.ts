/** Names that the quick reader gives to EXIF tags, where ExifTool says otherwise. */
const EXIF_NAMES: Readonly<Record<string, string>> = {
  DateTime: 'ModifyDate',
  DateTimeDigitized: 'CreateDate',
  ISOSpeedRatings: 'ISO',
  PhotographicSensitivity: 'ISO',
  PixelXDimension: 'ExifImageWidth',
  PixelYDimension: 'ExifImageHeight',
  ExposureBiasValue: 'ExposureCompensation',
  FocalLengthIn35mmFilm: 'FocalLengthIn35mmFormat',
  ImageLength: 'ImageHeight',
  BodySerialNumber: 'SerialNumber',
  CameraOwnerName: 'OwnerName',
  LensSpecification: 'LensInfo',
  InteroperabilityIndex: 'InteropIndex',
  InteroperabilityVersion: 'InteropVersion',
  CustomRendered: 'CustomRendered',
};

const IFD0 = new Set(
  `ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation ImageDescription Make Model StripOffsets Orientation
  SamplesPerPixel RowsPerStrip StripByteCounts XResolution YResolution PlanarConfiguration ResolutionUnit TransferFunction Software DateTime
  Artist HostComputer WhitePoint PrimaryChromaticities YCbCrCoefficients YCbCrSubSampling YCbCrPositioning ReferenceBlackWhite Rating
  Copyright XPTitle XPComment XPAuthor XPKeywords XPSubject ProcessingSoftware`.split(/\s+/),
);

const XMP_GROUPS: ReadonlyArray<readonly [string, readonly string[]]> = [
  [
    'XMP-dc',
    ['title', 'creator', 'description', 'rights', 'subject', 'format', 'publisher', 'language', 'source', 'identifier', 'date', 'type'],
  ],
  ['XMP-xmp', ['CreatorTool', 'CreateDate', 'ModifyDate', 'MetadataDate', 'Rating', 'Label', 'Nickname', 'BaseURL', 'Thumbnails']],
  ['XMP-xmpMM', ['DocumentID', 'InstanceID', 'OriginalDocumentID', 'History', 'DerivedFrom', 'Ingredients', 'RenditionClass']],
  [
    'XMP-photoshop',
    ['City', 'State', 'Country', 'Credit', 'AuthorsPosition', 'CaptionWriter', 'Headline', 'Instructions', 'DateCreated', 'Source'],
  ],
  ['XMP-iptcExt', ['DigitalSourceType', 'LocationCreated', 'LocationShown', 'PersonInImage', 'Event']],
  ['XMP-iptcCore', ['CreatorContactInfo', 'Location', 'CountryCode', 'IntellectualGenre', 'Scene', 'SubjectCode']],
  ['XMP-xmpRights', ['Marked', 'Owner', 'UsageTerms', 'WebStatement', 'Certificate']],
  ['XMP-aux', ['SerialNumber', 'Lens', 'LensID', 'LensSerialNumber', 'OwnerName', 'ImageNumber']],
];
const XMP_BY_NAME = new Map(XMP_GROUPS.flatMap(([group, names]) => names.map((name) => [name, group] as const)));

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
/** ExifTool's tag names hold letters, digits, hyphens and underscores only. */
const plain = (name: string) => capital(name.replaceAll('/', '-').replace(/[^A-Za-z0-9_-]/g, ''));

/** Inner bookkeeping of the file, not information. */
const SKIPPED = /IFD Pointer$|^MakerNote$|^_raw$|^about$|^(Thumbnail|JFIF Thumbnail)$/;

/**
 * Name of a quickly read value in ExifTool's words, or undefined for bookkeeping that nobody asks for.
 * @param group group of ExifReader's expanded answer
 * @param name tag name inside that group
 */
export function quickKey(group: string, name: string): string | undefined {
  if (SKIPPED.test(name)) return undefined;
  switch (group) {
    case 'exif':
      if (name.startsWith('GPS')) return `GPS:${plain(name)}`;
      if (name.startsWith('Interoperability')) return `InteropIFD:${EXIF_NAMES[name] ?? plain(name)}`;
      return `${IFD0.has(name) ? 'IFD0' : 'ExifIFD'}:${EXIF_NAMES[name] ?? plain(name)}`;
    case 'xmp':
      return `${XMP_BY_NAME.get(name) ?? 'XMP'}:${plain(name)}`;
    case 'iptc':
      return `IPTC:${plain(name)}`;
    case 'pngText':
    case 'png':
    case 'pngFile':
      return `PNG:${plain(name)}`;
    case 'jfif':
      return `JFIF:${plain(name.replace(/^JFIF Thumbnail/, 'Thumbnail'))}`;
    case 'icc':
      return `ICC_Profile:${name === 'ICC Description' ? 'ProfileDescription' : plain(name)}`;
    case 'file':
      return `File:${plain(name)}`;
    case 'gif':
      return `GIF:${plain(name)}`;
    case 'riff':
      return `RIFF:${plain(name)}`;
    case 'photoshop':
      return `Photoshop:${plain(name)}`;
    case 'makerNotes':
      return `MakerNotes:${plain(name)}`;
    case 'Thumbnail':
      return name === 'type' ? 'IFD1:ThumbnailImage' : undefined;
    default:
      return undefined;
  }
}
