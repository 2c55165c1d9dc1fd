import type { Tag } from '@pingplex/shared/contracts/engine';
import type { KeepGroup } from '@pingplex/shared/domain';
import { type Coarse, isCoarse } from './coarsen.ts';
import { belongsTo } from './keep-groups.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/u).filter((word) => word !== ''));

/** Groups (ExifTool -G1) that say nothing about people: facts of the file system, of reading, and values worked out from others. */
const ALWAYS = /^(?:System|ExifTool|Composite|ICC_Profile|ICC[-_].*|JFIF|Adobe|AVI1|MPEG|AAC|LAME|Opus|Theora|Jpeg2000|JXL)$/u;

/** Where each loudspeaker of a film's sound stands. */
const CHANNELS = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `Channel${n}Label Channel${n}Flags Channel${n}Coordinates`).join(' ');

/** What describes how the data is stored, per group. Anything that is not named here counts as metadata. */
const STRUCTURE: readonly (readonly [RegExp, ReadonlySet<string>])[] = [
  [
    /^File$/u,
    words(`FileType FileTypeExtension MIMEType ExifByteOrder ImageWidth ImageHeight EncodingProcess BitsPerSample ColorComponents
      YCbCrSubSampling CurrentIPTCDigest ID3Size PageCount BMPVersion Planes BitDepth Compression ImageLength PixelsPerMeterX
      PixelsPerMeterY NumColors NumImportantColors RedMask GreenMask BlueMask AlphaMask ColorSpace`),
  ],
  [/^IFD0$/u, words('Orientation YCbCrPositioning')],
  [
    /^PNG(?:-pHYs|-cICP)?$/u,
    words(`ImageWidth ImageHeight BitDepth ColorType Compression Filter Interlace Palette Transparency Gamma WhitePointX WhitePointY
      RedX RedY GreenX GreenY BlueX BlueY SRGBRendering ProfileName BackgroundColor SignificantBits PaletteHistogram SuggestedPalette
      PixelsPerUnitX PixelsPerUnitY PixelUnits AnimationFrames AnimationPlays ColorPrimaries TransferCharacteristics MatrixCoefficients
      VideoFullRangeFlag`),
  ],
  [
    /^RIFF$/u,
    words(`WebP_Flags ImageWidth ImageHeight AnimationLoopCount BackgroundColor FrameCount Duration AlphaPreprocessing AlphaFiltering
      AlphaCompression AlphaIsUsed ImageHorizontalScale VP8Version HorizontalScale VerticalScale ICC_Profile
      Encoding NumChannels SampleRate AvgBytesPerSec BitsPerSample NumberOfSamples SampleCount
      FrameRate MaxDataRate StreamCount StreamType VideoCodec VideoFrameRate VideoFrameCount Quality SampleSize AudioCodec
      AudioSampleRate AudioSampleCount TotalFrameCount BitDepth Planes Compression ImageLength PixelsPerMeterX PixelsPerMeterY
      NumColors NumImportantColors BMPVersion StreamSampleRate StreamSampleCount RIFFSize64 DataSize64 NumberOfSamples64
      AspectRatio PixelAspectRatio`),
  ],
  [/^Track\d+$/u, words(CHANNELS)],
  [
    /^GIF$/u,
    words(
      'GIFVersion ImageWidth ImageHeight HasColorMap ColorResolutionDepth BitsPerPixel BackgroundColor AnimationIterations FrameCount Duration TransparentColor PixelAspectRatio',
    ),
  ],
  [/^FLAC$/u, words('BlockSizeMin BlockSizeMax FrameSizeMin FrameSizeMax SampleRate Channels BitsPerSample TotalSamples MD5Signature')],
  [
    /^Vorbis$/u,
    words(
      'Vendor VorbisVersion AudioChannels SampleRate MaximumBitrate NominalBitrate MinimumBitrate WAVEFORMATEXTENSIBLE_CHANNEL_MASK Waveformatextensible_channel_mask',
    ),
  ],
  [/^Matroska$/u, words('EBMLVersion EBMLReadVersion DocType DocTypeVersion DocTypeReadVersion TagTrackUID')],
  [/^Info$/u, words('TimecodeScale MuxingApp WritingApp Duration')],
  [
    /^QuickTime$|^Track\d+$/u,
    words(`MajorBrand MinorVersion CompatibleBrands MovieHeaderVersion CreateDate ModifyDate TimeScale Duration PreferredRate
      PreferredVolume MatrixStructure PreviewTime PreviewDuration PosterTime SelectionTime SelectionDuration CurrentTime NextTrackID
      HandlerType HandlerVendorID HandlerClass HandlerDescription MediaDataSize MediaDataOffset TrackHeaderVersion TrackCreateDate TrackModifyDate TrackID
      TrackDuration TrackLayer TrackVolume ImageWidth ImageHeight MediaHeaderVersion MediaCreateDate MediaModifyDate MediaTimeScale
      MediaDuration MediaLanguageCode GraphicsMode OpColor CompressorID SourceImageWidth SourceImageHeight XResolution YResolution
      CompressorName BitDepth ColorProfiles ColorPrimaries TransferCharacteristics MatrixCoefficients VideoFullRangeFlag
      PixelAspectRatio BufferSize MaxBitrate AverageBitrate VideoFrameRate Balance AudioFormat AudioChannels AudioBitsPerSample
      AudioSampleRate VendorID GenMediaVersion GenFlags GenGraphicsMode GenOpColor GenBalance OtherFormat PurchaseFileFormat
      HandlerVendor CleanApertureDimensions ProductionApertureDimensions EncodedPixelsDimensions ChromaFormat CleanAperture
      ColorRepresentation LayoutFlags AudioChannelTypes NumChannelDescriptions AudioVendorID
      ImageSizeLookahead PlaybackFrameRate FontTable SubtitleTrack ForcedSubtitleTrack AlternateFormatTrack SyncronizedTrack
      ClosedCaptionTrack TimecodeTrack ChapterListTrackID ContentDescribes MovieFragmentSequence FieldOrder TextFont TextFace TextSize TextColor BackgroundColor FontName
      TrackNumber TrackUID TrackLanguage CodecID TrackType VideoScanType DefaultDuration TagTrackUID TrackLanguageIETF TrackTimecodeScale OutputAudioSampleRate
      AspectRatioType FrameRate Gamma CodecDecodeAll Stereo3DMode ContentEncodingType ContentCompressionAlgorithm TrackUsed TrackDefault TrackForced
      DisplayWidth DisplayHeight DisplayUnit CodecDelay SeekPreRoll CropLeft CropTop CropRight CropBottom StereoMode AlphaMode
      ProjectionType ProjectionPoseYaw ProjectionPosePitch ProjectionPoseRoll`),
  ],
  [
    /^(?:QuickTime|Meta|Item\d*)$/u,
    words(`PrimaryItemReference MetaImageSize ImageSpatialExtent Rotation ImagePixelDepth HEVCConfigurationVersion GeneralProfileSpace
      GeneralTierFlag GeneralProfileIDC GenProfileCompatibilityFlags ConstraintIndicatorFlags GeneralLevelIDC
      MinSpatialSegmentationIDC ParallelismType ChromaFormat BitDepthLuma BitDepthChroma AverageFrameRate ConstantFrameRate
      NumTemporalLayers TemporalIDNested AV1ConfigurationVersion SeqProfile SeqLevelIdx0 SeqTier0 HighBitDepth TwelveBit
      InitialDelaySamples ItemPropertyAssociation CleanAperture PixelAspectRatio RelativeLocation Mirroring AuxiliaryImageType ColorProfiles
      ChromaSamplePosition MaxContentLightLevel MaxPicAverageLightLevel ItemProtection`),
  ],
];

/** Structure that a TIFF can't do without: how its pixels are laid out. ExifTool calls the strips of a JPEG-compressed one a preview. */
const TIFF_STRUCTURE =
  words(`SubfileType OldSubfileType ImageWidth ImageHeight BitsPerSample Compression PhotometricInterpretation Thresholding FillOrder
  StripOffsets SamplesPerPixel RowsPerStrip StripByteCounts MinSampleValue MaxSampleValue XResolution YResolution ResolutionUnit
  PlanarConfiguration T4Options T6Options TransferFunction Predictor WhitePoint PrimaryChromaticities ColorMap HalftoneHints TileWidth
  TileLength TileOffsets TileByteCounts InkSet InkNames NumberofInks DotRange ExtraSamples SampleFormat SMinSampleValue SMaxSampleValue
  JPEGTables JPEGProc YCbCrCoefficients YCbCrSubSampling YCbCrPositioning ReferenceBlackWhite Orientation XPosition YPosition PageNumber
  PreviewImageStart PreviewImageLength PreviewImage`);

/** What EXIF, XMP and IPTC need around any value that is kept. */
const CARRIERS = words(`XResolution YResolution ResolutionUnit YCbCrPositioning ExifVersion ComponentsConfiguration FlashpixVersion
  ColorSpace GPSVersionID XMPToolkit ApplicationRecordVersion CodedCharacterSet IPTCDigest EnvelopeRecordVersion About`);

const EMPTY_DATE = /^0000:00:00/u;

function split(key: string): { readonly group: string; readonly name: string } {
  const colon = key.indexOf(':');
  return { group: key.slice(0, colon), name: key.slice(colon + 1) };
}

function isDate(name: string): boolean {
  return name.endsWith('Date');
}

/** True for a tag that only says how the file is built, needed to show or play it. */
export function isStructure(tag: Tag, isTiff: boolean): boolean {
  const { group, name } = split(tag.key);
  if (ALWAYS.test(group)) return true;
  if (isTiff && /^(?:IFD|SubIFD)\d*$/u.test(group)) return TIFF_STRUCTURE.has(name);
  // Containers have fixed fields for dates; zero is how they say "none".
  if (isDate(name)) return EMPTY_DATE.test(tag.value);
  return STRUCTURE.some(([pattern, names]) => pattern.test(group) && names.has(name));
}

/**
 * Tags of a cleaned file that nobody asked to keep: empty means that the file is clean.
 * @param coarse what was to be written less exactly than it was
 */
export function notAllowed(tags: readonly Tag[], keep: readonly KeepGroup[], isTiff: boolean, coarse: Coarse = {}): Tag[] {
  const keepsNothing = keep.length === 0 && Object.keys(coarse).length === 0;
  return tags.filter((tag) => {
    if (isStructure(tag, isTiff) || isCoarse(tag, coarse)) return false;
    if (keep.some((group) => belongsTo(tag.key, group))) return false;
    return keepsNothing || !CARRIERS.has(split(tag.key).name);
  });
}

/** Keys of tags that say something about the file's maker, subject or history; facts of storage are left out. */
export function metadataKeys(tags: readonly Tag[], isTiff: boolean): string[] {
  return [...new Set(tags.filter((tag) => !isStructure(tag, isTiff)).map((tag) => tag.key))];
}
