import type { KeepGroup } from '@pingplex/shared/domain';

/**
 * What each group that can be kept means in the languages of the formats. Serial numbers, owner names, addresses and edit
 * history belong to no group: they are never kept.
 */
type GroupFacts = {
  /** ExifTool's names of tags that may be copied back into pictures, `Family:Name`; a star ends a prefix. */
  readonly pictures: readonly string[];
  /** ExifTool's names (without family) that belong to the group in any file; a star ends a prefix. */
  readonly names: readonly string[];
  /** ID3v2.3/2.4 and ID3v2.2 frames. */
  readonly id3: readonly string[];
  /** Vorbis comment keys, upper case (FLAC). */
  readonly vorbis: readonly string[];
  /** FFmpeg's metadata keys, lower case (MP4, Matroska, OGG, …). */
  readonly ffmpeg: readonly string[];
};

const words = (text: string): readonly string[] => text.split(/\s+/u).filter((word) => word !== '');

const CREDIT: GroupFacts = {
  pictures: words(`EXIF:Artist EXIF:Copyright EXIF:XPAuthor EXIF:XPTitle IPTC:By-line IPTC:By-lineTitle IPTC:CopyrightNotice
    IPTC:Credit IPTC:Source IPTC:ObjectName XMP-dc:Creator XMP-dc:Rights XMP-dc:Title XMP-dc:Publisher XMP-photoshop:Credit
    XMP-photoshop:Source XMP-photoshop:AuthorsPosition XMP-xmpRights:Marked XMP-xmpRights:UsageTerms XMP-xmpRights:WebStatement
    XMP-cc:License XMP-cc:AttributionName XMP-cc:AttributionURL PNG:Author PNG:Copyright PNG:Title`),
  names: words(`Artist Copyright XPAuthor XPTitle By-line By-lineTitle CopyrightNotice Credit Source ObjectName Creator Rights Title
    Publisher AuthorsPosition Marked UsageTerms WebStatement License AttributionName AttributionURL Author Album AlbumArtist Band
    Composer Conductor Lyricist Performer Genre Track TrackNumber DiscNumber DiskNumber PartOfSet Part ISRC ISRCNumber Organization Subtitle Grouping
    CopyrightURL`),
  id3: words(`TIT1 TIT2 TIT3 TPE1 TPE2 TPE3 TPE4 TALB TCOM TEXT TCOP TPUB TCON TRCK TPOS TSRC WCOP
    TT1 TT2 TT3 TP1 TP2 TP3 TP4 TAL TCM TXT TCR TPB TCO TRK TPA TRC WCP`),
  vorbis: words(`TITLE ARTIST ALBUM ALBUMARTIST COMPOSER CONDUCTOR LYRICIST PERFORMER COPYRIGHT LICENSE ORGANIZATION PUBLISHER GENRE
    TRACKNUMBER TRACKTOTAL DISCNUMBER DISCTOTAL ISRC`),
  ffmpeg: words(
    'title artist author album album_artist composer performer copyright publisher genre track disc grouping license organization',
  ),
};

const TIME: GroupFacts = {
  pictures: words(`EXIF:DateTimeOriginal EXIF:CreateDate EXIF:ModifyDate EXIF:OffsetTime EXIF:OffsetTimeOriginal
    EXIF:OffsetTimeDigitized EXIF:SubSecTime EXIF:SubSecTimeOriginal EXIF:SubSecTimeDigitized IPTC:DateCreated IPTC:TimeCreated
    IPTC:DigitalCreationDate IPTC:DigitalCreationTime XMP-photoshop:DateCreated XMP-xmp:CreateDate XMP-xmp:ModifyDate
    XMP-exif:DateTimeOriginal XMP-exif:DateTimeDigitized PNG:CreationTime PNG:ModifyDate`),
  names: words(`DateTimeOriginal DateTimeDigitized CreateDate ModifyDate OffsetTime* SubSecTime* DateCreated TimeCreated
    DigitalCreationDate DigitalCreationTime CreationTime CreationDate Year Date Time RecordingTime ReleaseTime OriginalReleaseTime
    OriginalReleaseYear ContentCreateDate TrackCreateDate TrackModifyDate MediaCreateDate MediaModifyDate`),
  id3: words('TDRC TYER TDAT TIME TDOR TDRL TORY TDEN TYE TDA TIM TOR'),
  vorbis: words('DATE YEAR ORIGINALDATE'),
  ffmpeg: words('creation_time date year com.apple.quicktime.creationdate'),
};

const PLACE: GroupFacts = {
  pictures: words(`GPS:all XMP-exif:GPS* IPTC:City IPTC:Sub-location IPTC:Province-State IPTC:Country-PrimaryLocationCode
    IPTC:Country-PrimaryLocationName XMP-photoshop:City XMP-photoshop:State XMP-photoshop:Country XMP-iptcCore:Location
    XMP-iptcCore:CountryCode`),
  names: words('GPS* City Sub-location Province-State Country* State Location LocationInformation'),
  id3: [],
  vorbis: words('LOCATION'),
  ffmpeg: words('location location-eng com.apple.quicktime.location.iso6709'),
};

const DEVICE: GroupFacts = {
  pictures: words(`EXIF:Make EXIF:Model EXIF:LensMake EXIF:LensModel EXIF:LensInfo EXIF:FNumber EXIF:ExposureTime EXIF:ISO
    EXIF:FocalLength EXIF:FocalLengthIn35mmFormat EXIF:ExposureProgram EXIF:ExposureCompensation EXIF:MeteringMode EXIF:Flash
    EXIF:WhiteBalance EXIF:ApertureValue EXIF:ShutterSpeedValue XMP-tiff:Make XMP-tiff:Model XMP-aux:Lens XMP-exifEX:LensModel`),
  names: words(`Make Model LensMake LensModel LensInfo Lens FNumber ExposureTime ISO FocalLength FocalLengthIn35mmFormat ExposureProgram
    ExposureCompensation MeteringMode Flash WhiteBalance ApertureValue ShutterSpeedValue`),
  id3: [],
  vorbis: [],
  ffmpeg: words('make model com.apple.quicktime.make com.apple.quicktime.model'),
};

const DESCRIPTION: GroupFacts = {
  pictures: words(`EXIF:ImageDescription EXIF:UserComment EXIF:XPComment EXIF:XPSubject EXIF:XPKeywords IPTC:Caption-Abstract
    IPTC:Headline IPTC:Keywords XMP-dc:Description XMP-dc:Subject XMP-photoshop:Headline XMP-iptcCore:AltTextAccessibility
    PNG:Description PNG:Comment File:Comment`),
  names: words(`ImageDescription UserComment XPComment XPSubject XPKeywords Caption-Abstract Headline Keywords Description Subject
    AltTextAccessibility Comment Comment-* Lyrics Lyrics-* LongDescription Synopsis UserData_des`),
  id3: words('COMM USLT COM ULT'),
  vorbis: words('DESCRIPTION COMMENT LYRICS'),
  ffmpeg: words('description comment synopsis lyrics keywords'),
};

const COVER: GroupFacts = {
  pictures: [],
  names: words(
    'Picture Picture-* PictureMIMEType PictureType PictureDescription PictureFormat PictureWidth PictureHeight PictureBitsPerPixel PictureIndexedColors PictureLength CoverArt AttachedFile* ',
  ),
  id3: words('APIC PIC'),
  vorbis: words('METADATA_BLOCK_PICTURE'),
  ffmpeg: [],
};

const CHAPTERS: GroupFacts = {
  pictures: [],
  names: words('Chapter* ElementID StartTime EndTime StartTimeOffset* TableOfContents'),
  id3: words('CHAP CTOC'),
  vorbis: [],
  ffmpeg: [],
};

/** Marks of AI can stay. A seal over bytes that change can't be kept valid, so nothing of it is copied: files that carry one are refused. */
const CREDENTIALS: GroupFacts = {
  pictures: words('XMP-iptcExt:DigitalSourceType'),
  names: words('DigitalSourceType'),
  id3: [],
  vorbis: [],
  ffmpeg: [],
};

const GROUPS: Readonly<Record<KeepGroup, GroupFacts>> = {
  credit: CREDIT,
  time: TIME,
  place: PLACE,
  device: DEVICE,
  description: DESCRIPTION,
  cover: COVER,
  chapters: CHAPTERS,
  credentials: CREDENTIALS,
};

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

const nameOf = (key: string): string => key.slice(key.indexOf(':') + 1);

/** True when the tag `Group:Name` belongs to the group. */
export function belongsTo(key: string, group: KeepGroup): boolean {
  const name = nameOf(key);
  return GROUPS[group].names.some((pattern) => matches(pattern, name));
}

/** Arguments for ExifTool's `-TagsFromFile` that copy the groups back into a picture. */
export function pictureCopyArgs(groups: readonly KeepGroup[]): string[] {
  return groups.flatMap((group) => GROUPS[group].pictures).map((tag) => `-${tag}`);
}

const setOf = (groups: readonly KeepGroup[], pick: (facts: GroupFacts) => readonly string[]): ReadonlySet<string> =>
  new Set(groups.flatMap((group) => pick(GROUPS[group])));

/** ID3v2 frame names that stay. */
export const keptId3 = (groups: readonly KeepGroup[]): ReadonlySet<string> => setOf(groups, (facts) => facts.id3);
/** Vorbis comment keys that stay, upper case. */
export const keptVorbis = (groups: readonly KeepGroup[]): ReadonlySet<string> => setOf(groups, (facts) => facts.vorbis);
/** FFmpeg metadata keys that stay, lower case. */
export const keptFfmpeg = (groups: readonly KeepGroup[]): ReadonlySet<string> => setOf(groups, (facts) => facts.ffmpeg);
