import { z } from 'zod';
import { Sha256 } from '../../domain/ids.ts';
import { MediaFormat, MediaKind, PrivacyGroup } from '../../domain/media.ts';
import { ContentCredentials } from './credentials.ts';
import { GenerationData } from './generation.ts';
import type { EngineVerb } from './jobs.ts';

/** One metadata value. `key` is `Group:Name` as ExifTool's -G1 prints it (for example `GPS:GPSLatitude`). */
export const Tag = z.object({
  key: z.string(),
  /** Which one it is when a key comes more than once in a file: 1 for the second. Left out for the first. */
  copy: z.int().min(1).optional(),
  /** As a person would read it; cut at 64 kB, then `truncated` is true. */
  value: z.string(),
  /** Machine value where it differs from `value`. */
  raw: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** Who found it: our quick reader, ExifTool, or the container probe. */
  source: z.enum(['quick', 'exiftool', 'probe']),
  truncated: z.boolean().optional(),
});
export type Tag = z.infer<typeof Tag>;

/** Something in the file that says more than its owner may want. Texts stand in `text/` under `privacy.<flag>`. */
export const PrivacyFlagCode = z.enum([
  'gps',
  'placeName',
  'serialNumber',
  'deviceModel',
  'personName',
  'contact',
  'captureTime',
  'editHistory',
  'software',
  'aiGenerated',
  'aiPrompt',
  'contentCredentials',
  'embeddedThumbnail',
  'comment',
  'documentId',
  'coverArt',
  'chapters',
  'downloadSource',
]);
export type PrivacyFlagCode = z.infer<typeof PrivacyFlagCode>;
export const PrivacyFlag = z.object({
  code: PrivacyFlagCode,
  group: PrivacyGroup,
  severity: z.enum(['high', 'medium', 'info']),
  /** Tag keys that made us say so. */
  tags: z.array(z.string()),
  /** One example value, short enough for a line. */
  example: z.string().max(200).optional(),
});
export type PrivacyFlag = z.infer<typeof PrivacyFlag>;

/** The facts a person asks for first. Missing means "not in the file", never a guess. */
export const Summary = z.object({
  width: z.int().optional(),
  height: z.int().optional(),
  /** 1–8 as EXIF counts; width and height above are as displayed. */
  orientation: z.int().min(1).max(8).optional(),
  durationMs: z.number().optional(),
  fps: z.number().optional(),
  frames: z.int().optional(),
  videoCodec: z.string().optional(),
  audioCodec: z.string().optional(),
  sampleRate: z.int().optional(),
  channels: z.int().optional(),
  bitRate: z.number().optional(),
  bitDepth: z.int().optional(),
  colourSpace: z.string().optional(),
  iccProfile: z.string().optional(),
  hasAlpha: z.boolean().optional(),
  animated: z.boolean().optional(),
  camera: z.string().optional(),
  lens: z.string().optional(),
  exposure: z.string().optional(),
  /** As written in the file, with its offset when there is one. */
  takenAt: z.string().optional(),
  place: z.object({ lat: z.number(), lon: z.number() }).optional(),
  title: z.string().optional(),
  artist: z.string().optional(),
  album: z.string().optional(),
  software: z.string().optional(),
});
export type Summary = z.infer<typeof Summary>;

export const InspectOutcome = z.object({
  kind: MediaKind,
  format: MediaFormat,
  sizeBytes: z.int(),
  /** True when the name's extension claims another format. */
  nameMismatch: z.boolean(),
  /** True when only part of the file decodes. */
  damaged: z.boolean(),
  summary: Summary,
  tags: z.array(Tag),
  privacy: z.array(PrivacyFlag),
  /** The signed record of origin; only in a full inspection, and only where there is one. */
  credentials: ContentCredentials.optional(),
  /** What generators wrote into the file, one entry per program; absent where there is nothing. */
  generation: z.array(GenerationData).optional(),
  /** What stayed unknown and why (for example: ExifTool is not available). */
  notes: z.array(z.string()),
});
export type InspectOutcome = z.infer<typeof InspectOutcome>;

/** A file that the engine wrote aside and read back. */
export const WrittenFile = z.object({
  tempPath: z.string(),
  /** Extension without a dot, for the final name. */
  ext: z.string(),
  format: MediaFormat,
  kind: MediaKind,
  sizeBytes: z.int(),
  sha256: Sha256,
});
export type WrittenFile = z.infer<typeof WrittenFile>;

/**
 * How far two files are apart. `score` is 0–100 for people; the figures it was made of stand beside it.
 * Pictures: PDQ bits of 256, minimum over the eight dihedral turns. Video: share of frames that match, median PDQ.
 * Sound: Chromaprint similarity 0–1 at the best offset.
 */
export const Distance = z.object({
  score: z.number().min(0).max(100),
  band: z.enum(['same', 'weak', 'distinct', 'strong']),
  pdq: z.number().optional(),
  phash: z.number().optional(),
  frameMatch: z.number().optional(),
  audioSimilarity: z.number().optional(),
  notes: z.array(z.string()).optional(),
});
export type Distance = z.infer<typeof Distance>;

/** How good a variant still is, against the same geometry without the other changes. */
export const Quality = z.object({
  /** Structural similarity 0–1. */
  ssim: z.number().optional(),
  /** Decibels. */
  psnr: z.number().optional(),
  /** Difference of integrated loudness, LU. */
  loudnessDelta: z.number().optional(),
  /** Spectral similarity 0–1. */
  spectral: z.number().optional(),
});
export type Quality = z.infer<typeof Quality>;

export const CleanOutcome = z.object({
  outcome: z.enum(['cleaned', 'alreadyClean']),
  file: WrittenFile,
  /** Tag keys that are gone. */
  removed: z.array(z.string()),
  /** Tag keys that stayed because they were asked for or because rendering needs them. */
  kept: z.array(z.string()),
  /** True only after the written file was read again and nothing but the allow-list was found. */
  verified: z.boolean(),
  /** True when the decoded picture or sound is bit for bit the source's. */
  bitIdentical: z.boolean(),
  notes: z.array(z.string()),
});
export type CleanOutcome = z.infer<typeof CleanOutcome>;

/** What a variant fell short of: the distance from its source, from a sister, or the quality. Texts in `text/` under `missed`. */
export const Missed = z.enum(['source', 'sisters', 'quality']);
export type Missed = z.infer<typeof Missed>;

export const Variant = z.object({
  n: z.int().min(1),
  file: WrittenFile,
  /** Drawn from the seed; enough to make the same variant again. */
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  fromSource: Distance,
  /** The nearest sister of the same run; absent for a single variant. */
  nearestSister: Distance.optional(),
  quality: Quality,
  /** False when the chosen distance or quality could not be reached; the file is then the closest that was found. */
  targetReached: z.boolean(),
  /** What was not reached; absent when all was. */
  missed: z.array(Missed).optional(),
  attempts: z.int().min(1),
});
export type Variant = z.infer<typeof Variant>;
export const UnicalizeOutcome = z.object({
  variants: z.array(Variant),
  engineVersion: z.string(),
  /** What became of the source's marks of origin; tags never travel to variants. */
  notes: z.array(z.string()),
});
export type UnicalizeOutcome = z.infer<typeof UnicalizeOutcome>;

/** What a conversion measured on its result. Times in milliseconds of the source. */
export const ConvertFigures = z.object({
  /** Where a lossless cut really begins, and where it was asked to. */
  cutStartMs: z.number().optional(),
  askedStartMs: z.number().optional(),
  /** Integrated loudness in LUFS and true peak in dBTP, before and after. */
  lufsBefore: z.number().optional(),
  lufsAfter: z.number().optional(),
  truePeakBefore: z.number().optional(),
  truePeakAfter: z.number().optional(),
});
export type ConvertFigures = z.infer<typeof ConvertFigures>;

export const ConvertOutcome = z.object({
  file: WrittenFile,
  summary: Summary,
  notes: z.array(z.string()),
  /** Further files of the same step: all frames but the first. */
  more: z.array(z.object({ file: WrittenFile, summary: Summary })).optional(),
  figures: ConvertFigures.optional(),
});
export type ConvertOutcome = z.infer<typeof ConvertOutcome>;

export const ThumbnailOutcome = z.object({
  path: z.string(),
  mime: z.string(),
  width: z.int(),
  height: z.int(),
  damaged: z.boolean(),
});
export type ThumbnailOutcome = z.infer<typeof ThumbnailOutcome>;
export const PreviewOutcome = z.object({ path: z.string(), mime: z.string(), proxy: z.boolean() });
export type PreviewOutcome = z.infer<typeof PreviewOutcome>;
/**
 * Peaks 0–1, one per slice of equal length; channels mixed down. `loudnessLufs` is the integrated loudness (ITU-R BS.1770-4) when it was
 * asked for and there is anything to hear.
 */
export const WaveformOutcome = z.object({
  peaks: z.array(z.number()),
  durationMs: z.number(),
  loudnessLufs: z.number().optional(),
});
export type WaveformOutcome = z.infer<typeof WaveformOutcome>;
export const CompareOutcome = z.object({ kind: MediaKind, distance: Distance, quality: Quality, notes: z.array(z.string()) });
export type CompareOutcome = z.infer<typeof CompareOutcome>;
export const VerifyOutcome = z.object({
  kind: MediaKind,
  format: MediaFormat,
  sizeBytes: z.int(),
  sha256: Sha256,
  decodes: z.boolean(),
  summary: Summary,
});
export type VerifyOutcome = z.infer<typeof VerifyOutcome>;

export const OUTCOMES = {
  inspect: InspectOutcome,
  thumbnail: ThumbnailOutcome,
  preview: PreviewOutcome,
  waveform: WaveformOutcome,
  clean: CleanOutcome,
  unicalize: UnicalizeOutcome,
  convert: ConvertOutcome,
  compare: CompareOutcome,
  verify: VerifyOutcome,
} as const satisfies Record<EngineVerb, z.ZodType>;
export type OutcomeOf<V extends EngineVerb> = z.infer<(typeof OUTCOMES)[V]>;
