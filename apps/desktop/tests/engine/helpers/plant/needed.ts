/** A group of tags that showing or playing a file needs, with the reason as people read it; `null` for facts that aren't in the file. */
type Needed = { readonly why: string | null; readonly tags: RegExp };

/** What ExifTool says about file, disk and itself, and what it works out from other tags. */
const OUTSIDE: readonly Needed[] = [
  { why: null, tags: /^(?:System|ExifTool|Composite):/u },
  {
    why: null,
    tags: /^File:(?:FileType|FileTypeExtension|MIMEType|ExifByteOrder|ImageWidth|ImageHeight|EncodingProcess|BitsPerSample|ColorComponents|YCbCrSubSampling|PageCount)$/u,
  },
];
const COLOUR: Needed = { why: 'colour profile', tags: /^ICC[-_][\w-]+:/u };
const TURN: Needed = { why: 'orientation', tags: /^IFD0:(?:Orientation|YCbCrPositioning)$/u };

/** Headers of tracks and codecs in the ISO family. Dates are there because the fields are; they have to be empty. */
const MOVIE: readonly Needed[] = [
  {
    why: 'track and codec headers',
    tags: /^(?:QuickTime|Track\d+):(?:MajorBrand|MinorVersion|CompatibleBrands|MovieHeaderVersion|TimeScale|Duration|PreferredRate|PreferredVolume|MatrixStructure|P(?:review|oster)(?:Time|Duration)|SelectionTime|SelectionDuration|CurrentTime|NextTrackID|HandlerType|MediaDataSize|MediaDataOffset|TrackHeaderVersion|TrackID|TrackDuration|TrackLayer|TrackVolume|ImageWidth|ImageHeight|MediaHeaderVersion|MediaTimeScale|MediaDuration|MediaLanguageCode|GraphicsMode|OpColor|CompressorID|SourceImageWidth|SourceImageHeight|XResolution|YResolution|BitDepth|ColorProfiles|ColorPrimaries|TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag|PixelAspectRatio|BufferSize|MaxBitrate|AverageBitrate|VideoFrameRate|Balance|AudioFormat|AudioChannels|AudioBitsPerSample|AudioSampleRate|PurchaseFileFormat|HandlerClass|HandlerVendorID|Unknown_\w+|AudioChannelTypes|NumChannelDescriptions|LayoutFlags|GenGraphicsMode|GenOpColor|GenBalance|Track\w*Flags|SyncSample\w*|\w*SampleTable\w*|SampleSizes?|ChunkOffset|TimeToSampleTable|SampleToChunk|CompositionTimeToSample|EditListTable|AVCConfiguration|HEVCConfiguration|IndependentAndDisposableSamples|SampleGroupDescription|SampleToGroup|Free|Wide|Skip|MediaData|Idependent\w+|OtherFormat)$/u,
  },
  { why: 'date fields (0)', tags: /^(?:QuickTime|Track\d+):\w*(?:Create|Modify)Date$/u },
];
const MATROSKA: readonly Needed[] = [
  {
    why: 'track and codec headers',
    tags: /^(?:Matroska|Info|Track\d+):(?:EBML\w*Version|EBMLMax\w+|DocType\w*|TimecodeScale|Duration|MuxingApp|WritingApp|TrackNumber|TrackUID|TrackLanguage|TrackType|CodecID|CodecPrivate|VideoScanType|DefaultDuration|DefaultDecodedFieldDuration|ImageWidth|ImageHeight|DisplayUnit|DisplayWidth|DisplayHeight|PixelAspectRatio|AudioChannels|AudioSampleRate|AudioBitsPerSample|CodecDelay|SeekPreRoll|TrackDefault|TrackForced|TrackUsed|FlagLacing|FieldOrder|ChromaSitingHorz|ChromaSitingVert|Color\w*|MatrixCoefficients|TransferCharacteristics|BitsPerChannel|TagTrackUID|Unknown\w*|SegmentUID|MinCache|MaxCache|\w*Frequency|MaxBlockAdditionID|SeekID|SeekPosition|CRC-32|CueTime|CueTrack|CueClusterPosition|CueRelativePosition|CueDuration|TrackLacing|VideoFrameRate|Matroska_0x0070|Matroska_0x15b0)$/u,
  },
];
const HEIF: readonly Needed[] = [
  ...MOVIE,
  {
    why: 'item and codec headers',
    tags: /^(?:QuickTime|Meta|Item\d*):(?:PrimaryItemReference|MetaImageSize|ImageSpatialExtent|Rotation|Mirroring|ImagePixelDepth|\w*ConfigurationVersion|Gen\w+|ConstraintIndicatorFlags|GeneralLevelIDC|MinSpatialSegmentationIDC|ParallelismType|ChromaFormat|BitDepth\w*|AverageFrameRate|ConstantFrameRate|NumTemporalLayers|TemporalIDNested|Seq\w+|HighBitDepth|TwelveBit|Chroma\w+|InitialDelaySamples|ItemPropertyAssociation|ItemLocation|ItemInformation|ContentLightLevel|Max\w+Level|AuxiliaryImageType|Unknown_\w+|HandlerVendorID)$/u,
  },
];
const RIFF_SOUND: Needed = {
  why: 'sample format',
  tags: /^RIFF:(?:Encoding|NumChannels|SampleRate|AvgBytesPerSec|BitsPerSample|NumberOfSamples)$/u,
};
const FRAMES: Needed = { why: 'frame headers', tags: /^(?:MPEG|AAC|LAME):/u };

/** By the name of the case. Everything that ExifTool finds and that isn't listed here fails the test. */
export const NEEDED: Readonly<Record<string, readonly Needed[]>> = {
  JPEG: [{ why: 'density', tags: /^JFIF:/u }, COLOUR, TURN],
  PNG: [
    {
      why: 'picture header and colour',
      tags: /^PNG(?:-\w+)?:(?:ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|ProfileName|PixelsPerUnit[XY]|PixelUnits|SRGBRendering|Gamma)$/u,
    },
    COLOUR,
    TURN,
  ],
  'PNG, animated': [
    {
      why: 'picture header and animation',
      tags: /^PNG(?:-\w+)?:(?:ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|AnimationFrames|AnimationPlays|PixelsPerUnit[XY]|PixelUnits|SRGBRendering|Gamma)$/u,
    },
    TURN,
  ],
  WebP: [
    { why: 'picture header', tags: /^RIFF:(?:WebP_Flags|ImageWidth|ImageHeight|VP8Version|HorizontalScale|VerticalScale)$/u },
    COLOUR,
    TURN,
  ],
  'WebP, animated': [
    {
      why: 'picture header and animation',
      tags: /^RIFF:(?:WebP_Flags|ImageWidth|ImageHeight|BackgroundColor|AnimationLoopCount|FrameCount|Duration)$/u,
    },
    COLOUR,
    TURN,
  ],
  GIF: [
    {
      why: 'picture header and loop',
      tags: /^GIF:(?:GIFVersion|ImageWidth|ImageHeight|HasColorMap|ColorResolutionDepth|BitsPerPixel|BackgroundColor|AnimationIterations|FrameCount|Duration|TransparentColor)$/u,
    },
  ],
  HEIC: [...HEIF, COLOUR, TURN],
  AVIF: [...HEIF, COLOUR, TURN],
  'AVIF, animated': HEIF,
  TIFF: [
    {
      why: 'layout of the pixels',
      tags: /^IFD0:(?:SubfileType|ImageWidth|ImageHeight|BitsPerSample|Compression|PhotometricInterpretation|StripOffsets|SamplesPerPixel|RowsPerStrip|StripByteCounts|XResolution|YResolution|ResolutionUnit|PlanarConfiguration|Predictor|SampleFormat|FillOrder|TileWidth|TileLength|TileOffsets|TileByteCounts)$/u,
    },
    COLOUR,
    TURN,
  ],
  'JPEG XL': [{ why: 'file type', tags: /^Jpeg2000:(?:MajorBrand|MinorVersion|CompatibleBrands)$/u }],
  'MP4, H.264': MOVIE,
  'MP4, H.265': MOVIE,
  MOV: MOVIE,
  M4A: MOVIE,
  MKV: MATROSKA,
  WebM: MATROSKA,
  'AVI, MPEG-4': [],
  'AVI, H.264': [],
  MP3: [FRAMES],
  'AAC (ADTS)': [FRAMES],
  FLAC: [
    { why: 'stream header', tags: /^FLAC:(?:BlockSizeM\w+|FrameSizeM\w+|SampleRate|Channels|BitsPerSample|TotalSamples|MD5Signature)$/u },
  ],
  WAV: [RIFF_SOUND],
  'OGG, Opus': [{ why: 'stream header', tags: /^Opus:|^Vorbis:Vendor$/u }],
  'OGG, Vorbis': [{ why: 'stream header', tags: /^Vorbis:(?:VorbisVersion|AudioChannels|SampleRate|\w+Bitrate|Vendor)$/u }],
  'OGG, FLAC': [
    {
      why: 'stream header',
      tags: /^Vorbis:Vendor$|^FLAC:(?:BlockSizeM\w+|FrameSizeM\w+|SampleRate|Channels|BitsPerSample|TotalSamples|MD5Signature)$/u,
    },
  ],
};

const AVI: Needed = {
  why: 'stream headers and index',
  tags: /^RIFF:(?:Unknown_JUNK|FrameRate|MaxDataRate|FrameCount|StreamCount|StreamType|VideoCodec|VideoFrameRate|VideoFrameCount|Quality|SampleSize|ImageWidth|ImageHeight)$|^File:(?:BMPVersion|Planes|BitDepth|Compression|ImageLength|PixelsPerMeter[XY]|NumColors|NumImportantColors|(?:Red|Green|Blue|Alpha)Mask|ColorSpace)$/u,
};

/** Space that a muxer left free has to be empty. */
const isFilledSpace = (key: string, value: unknown): boolean =>
  /^QuickTime:(?:Free|Wide|Skip)$/u.test(key) && !/^\(Binary data [0-8] bytes/u.test(String(value));

/** Ogg demands a name of the program; blanks are none. */
const isNamed = (key: string, value: unknown): boolean => key === 'Vorbis:Vendor' && /ffmpeg|Lavf|PLANTED/u.test(String(value));

/** Sorts a cleaned file's tags into needed ones, by reason, and others. */
export function sortTags(name: string, tags: Readonly<Record<string, unknown>>): { readonly whys: string[]; readonly others: string[] } {
  const needed = [...OUTSIDE, ...(name.startsWith('AVI,') ? [AVI] : (NEEDED[name] ?? []))];
  const whys = new Set<string>();
  const others: string[] = [];
  for (const [key, value] of Object.entries(tags)) {
    const found = needed.find((one) => one.tags.test(key));
    const isFilled =
      (key.endsWith('Date') && !key.startsWith('System:') && !String(value).startsWith('0000')) ||
      isFilledSpace(key, value) ||
      isNamed(key, value);
    if (!found || isFilled) others.push(`${key} = ${String(value).slice(0, 60)}`);
    else if (found.why) whys.add(found.why);
  }
  return { whys: [...whys], others };
}
