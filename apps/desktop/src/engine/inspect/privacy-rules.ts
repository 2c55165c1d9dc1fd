import type { PrivacyFlag, PrivacyFlagCode } from '@pingplex/shared/contracts/engine';
import type { PrivacyGroup } from '@pingplex/shared/domain';

export type PrivacyRule = {
  readonly code: PrivacyFlagCode;
  readonly group: PrivacyGroup;
  readonly severity: PrivacyFlag['severity'];
  /** Matches the whole key, `Group:Name`. */
  readonly key: RegExp;
  /** When given, the value has to match too. */
  readonly value?: RegExp;
};

const AI_TOOLS =
  /\b(dall.?e|midjourney|stable.?diffusion|sdxl|comfyui|automatic1111|invokeai|novelai|fooocus|firefly|openai|gpt-?image|gpt-?4o|chatgpt|imagen|gemini|leonardo\.ai|flux\.?1|ideogram|runway|sora|pika labs|bing image creator)\b/i;

/**
 * One row per kind of trace. Keys follow ExifTool's names; the same row serves all formats, because ExifTool names the same thing alike.
 * Order is the order of display: what hurts most comes first.
 */
export const PRIVACY_RULES: readonly PrivacyRule[] = [
  {
    code: 'gps',
    group: 'place',
    severity: 'high',
    key: /:(GPS(Dest)?(Latitude|Longitude|Position|Coordinates|Altitude)|GPSAreaInformation|LocationInformation|LocationISO6709|Location(Created|Shown)?GPS\w+)(-\w+)?$/,
  },
  {
    code: 'placeName',
    group: 'place',
    severity: 'medium',
    key: /^(IPTC|XMP[\w-]*|Keys|ItemList|UserData|Vorbis|Matroska|RIFF|MakerNotes|Photoshop|MWG\w*|XML|QuickTime):(City|Sub-?[Ll]ocation|Location(Name|Body|Role|Created\w*|Shown\w*)?|Province-State|State|Country(-PrimaryLocation(Name|Code)|Code|Name)?|RecordingLocation|ShotLocation|LegacyIPTCDigest\w+Location)$/,
  },
  {
    code: 'serialNumber',
    group: 'device',
    severity: 'high',
    key: /^(?!CBOR|JUMBF|ICC|X509)[\w-]+:(\w*SerialNumber\w*|CameraID|UniqueCameraID|DeviceSerialNo|SerialInfo|IMEI)$/i,
  },
  {
    code: 'personName',
    group: 'person',
    severity: 'high',
    key: /^(?!ICC|CBOR|JUMBF)[\w-]+:(Artist|Creator|Author|Authors|By-line|OwnerName|CameraOwnerName|Owner|XPAuthor|Photographer|PersonInImage\w*|Region(PersonDisplayName|Name)|PersonDisplayName|LastModifiedBy|Writer-Editor|CaptionWriter|Copyright|CopyrightNotice|Rights|CopyrightOwner\w*|Performer|AlbumArtist|Composer|Director|Credit|Composer)$/,
  },
  {
    code: 'contact',
    group: 'person',
    severity: 'high',
    key: /:(Contact|CreatorContactInfo\w*|CreatorWork\w+|Creator(Address|City|PostalCode|Region|Country)|Ci(Adr|Email|Tel|Url)\w*|WebStatement|BaseURL|Email|Phone|Telephone|URL|UserURL|ArtistURL)$/,
  },
  {
    code: 'contact',
    group: 'person',
    severity: 'high',
    key: /^(?!ICC|CBOR|JUMBF|System|XMP-x:)[\w-]+:/,
    value: /(^|[\s<:"'(])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}\b/,
  },
  {
    code: 'aiPrompt',
    group: 'ai',
    severity: 'high',
    key: /:(Parameters|Prompt|NegativePrompt|Workflow|Sd-metadata|Dream|Invokeai_\w+|Generation_data|Extra|AIPromptInformation|AIPromptWriterName|ComfyUI\w*)$/i,
    value: /\S{2}/,
  },
  {
    code: 'aiPrompt',
    group: 'ai',
    severity: 'high',
    key: /:(UserComment|Comment|Description|ImageDescription|Caption-Abstract|Make|Model|XPComment)$/,
    value:
      /(\bSteps: \d+\b.*\b(Sampler|CFG scale): )|( --(ar|v|stylize|niji) [\d:.]+)|("class_type"\s*:)|("uc"\s*:\s*")|("negative_prompt"\s*:)|(\bJob ID: [0-9a-f-]{36})/s,
  },
  {
    code: 'aiGenerated',
    group: 'ai',
    severity: 'high',
    key: /:(DigitalSourceType|ActionsDigitalSourceType|DigitalSourceFileType)$/,
    value: /trainedAlgorithmic|compositeSynthetic/i,
  },
  { code: 'aiGenerated', group: 'ai', severity: 'high', key: /:(AISystemUsed|AISystemVersionUsed)$/, value: /\S/ },
  // The label that China's GB 45438-2025 asks for: XMP `TC260:AIGC`, or a tag of that name in films and sound.
  { code: 'aiGenerated', group: 'ai', severity: 'high', key: /:AIGC$/i, value: /\S/ },
  {
    code: 'aiGenerated',
    group: 'ai',
    severity: 'high',
    key: /:(UserComment|Comment|Description|UserDefinedText)$/,
    value: /\bAIGC\b["')]?\s*:?\s*\{/,
  },
  {
    code: 'aiGenerated',
    group: 'ai',
    severity: 'high',
    key: /:(Software|CreatorTool|Source|Credit|Generator|Claim_?[Gg]enerator\w*|ActionsSoftwareAgent\w*|SoftwareAgent\w*|ProcessingSoftware)$/,
    value: AI_TOOLS,
  },
  {
    code: 'editHistory',
    group: 'history',
    severity: 'medium',
    key: /^(XMP-(xmpMM|stMfs|photoshop):(History\w*|DerivedFrom\w*|Ingredients\w*|Pantry\w*|ManifestItem\w*|DocumentAncestors)|XMP-crs:\w+|XMP-crd:\w+|Photoshop:(URL_List|HistoryLog)|CBOR:ActionsAction|CBOR:Actions\w*When|XMP-GIMP:\w+)$/,
  },
  {
    code: 'contentCredentials',
    group: 'credentials',
    severity: 'info',
    key: /^(JUMBF|CBOR|C2PA|JSON-C2PA):|:C2PA\w*|:\w*(jumbf|JUMBF)\w*$/,
  },
  {
    code: 'embeddedThumbnail',
    group: 'thumbnail',
    severity: 'medium',
    key: /^(?!JFIF)[\w-]+:(ThumbnailImage|ThumbnailOffset|ThumbnailTIFF|PreviewImage|PreviewImageStart|JpgFromRaw|OtherImage|PhotoshopThumbnail|ThumbnailsImage|MPImage\d+|C2PAThumbnail\w+Data)$/,
  },
  {
    code: 'comment',
    group: 'text',
    severity: 'medium',
    key: /^(?!CBOR|JUMBF|ICC)[\w-]+:(Comment\w*|UserComment|XP(Comment|Title|Subject|Keywords)|ImageDescription|Description\w*|LongDescription|Caption|Caption-Abstract|Headline|Title|ObjectName|Keywords|Subject|Lyrics\w*|Synopsis|Notes?|SpecialInstructions|Instructions|Annotation)$/,
  },
  {
    code: 'captureTime',
    group: 'time',
    severity: 'info',
    key: /^(?!System|ICC|CBOR|JUMBF)[\w-]+:((SubSec)?DateTimeOriginal|(SubSec|Media|Track|Content|Digital)?CreateDate|CreationDate|ContentCreateDate|DateCreated|TimeCreated|DigitalCreation(Date|Time)|DateTimeDigitized|GPS(DateStamp|TimeStamp|DateTime)|(SubSec|Track|Media)?ModifyDate|MetadataDate|DateTimeUTC|RecordingTime|DateUTC|DateAcquired|OriginalDate\w*|EncodingTime|HistoryWhen|CreationTime)$/,
    value: /[1-9]/,
  },
  {
    code: 'deviceModel',
    group: 'device',
    severity: 'info',
    key: /^(?!ICC)[\w-]+:(Make|Model|CameraModelName|UniqueCameraModel|LensModel|LensMake|LensID|Lens|HostComputer|Android(Manufacturer|Model|Version)|CameraIdentifier|DeviceModelName|DeviceManufacturer)$/,
    value: /\S/,
  },
  {
    code: 'software',
    group: 'history',
    severity: 'info',
    key: /^(?!ICC)[\w-]+:(Software|CreatorTool|ProcessingSoftware|HistorySoftwareAgent|OriginatingProgram|WritingApp|MuxingApp|Encoder|EncoderSettings|EncodedBy|Claim_?[Gg]enerator\w*|XMPToolkit|Vendor|WriterName|ReaderName|CompressorName)$/,
    value: /\S/,
  },
  {
    code: 'documentId',
    group: 'history',
    severity: 'info',
    key: /^(?!CBOR|JUMBF)[\w-]+:(DocumentID|InstanceID|OriginalDocumentID|ImageUniqueID|MediaUniqueID|ContentIdentifier|DigitalImageGUID|BurstUUID|SegmentUID|CurrentIPTCDigest|UniqueFileIdentifier|ImageUUID|PhotoIdentifier|RunTimeValue)$/,
    value: /\S/,
  },
  {
    code: 'coverArt',
    group: 'other',
    severity: 'info',
    key: /:(Picture|CoverArt|CoverArtBack|AttachedFileData)$|^Stream\d+:Type$/,
    value: /^(?!video$|audio$|data$|subtitle$)/,
  },
  { code: 'chapters', group: 'text', severity: 'info', key: /:(Chapter\w*|EditionEntry\w*|CHAP)$/ },
];
