import { z } from 'zod';

export const MediaKind = z.enum(['image', 'video', 'audio']);
export type MediaKind = z.infer<typeof MediaKind>;

export const MediaFormat = z.enum([
  'jpeg',
  'png',
  'webp',
  'gif',
  'heic',
  'avif',
  'tiff',
  'jxl',
  'raw',
  'mp4',
  'mov',
  'mkv',
  'webm',
  'avi',
  'mp3',
  'm4a',
  'aac',
  'flac',
  'wav',
  'ogg',
]);
export type MediaFormat = z.infer<typeof MediaFormat>;

type FormatFacts = {
  readonly kind: MediaKind;
  /** First one is the extension that we write. */
  readonly extensions: readonly [string, ...string[]];
  readonly mime: string;
  /** True when Chromium can show or play the usual files of this format by itself. */
  readonly browserCanShow: boolean;
};

/** One row per format that we handle. What a file really is gets decided by its content, never by its name. */
export const FORMATS: Readonly<Record<MediaFormat, FormatFacts>> = {
  jpeg: { kind: 'image', extensions: ['jpg', 'jpeg', 'jpe', 'jfif'], mime: 'image/jpeg', browserCanShow: true },
  png: { kind: 'image', extensions: ['png', 'apng'], mime: 'image/png', browserCanShow: true },
  webp: { kind: 'image', extensions: ['webp'], mime: 'image/webp', browserCanShow: true },
  gif: { kind: 'image', extensions: ['gif'], mime: 'image/gif', browserCanShow: true },
  heic: { kind: 'image', extensions: ['heic', 'heif', 'hif'], mime: 'image/heic', browserCanShow: false },
  avif: { kind: 'image', extensions: ['avif'], mime: 'image/avif', browserCanShow: true },
  tiff: { kind: 'image', extensions: ['tif', 'tiff'], mime: 'image/tiff', browserCanShow: false },
  jxl: { kind: 'image', extensions: ['jxl'], mime: 'image/jxl', browserCanShow: false },
  raw: {
    kind: 'image',
    extensions: ['dng', 'cr2', 'cr3', 'nef', 'arw', 'raf', 'orf', 'rw2', 'pef', 'srw', 'nrw'],
    mime: 'image/x-raw',
    browserCanShow: false,
  },
  mp4: { kind: 'video', extensions: ['mp4', 'm4v'], mime: 'video/mp4', browserCanShow: true },
  mov: { kind: 'video', extensions: ['mov', 'qt'], mime: 'video/quicktime', browserCanShow: false },
  mkv: { kind: 'video', extensions: ['mkv'], mime: 'video/x-matroska', browserCanShow: false },
  webm: { kind: 'video', extensions: ['webm'], mime: 'video/webm', browserCanShow: true },
  avi: { kind: 'video', extensions: ['avi'], mime: 'video/x-msvideo', browserCanShow: false },
  mp3: { kind: 'audio', extensions: ['mp3'], mime: 'audio/mpeg', browserCanShow: true },
  m4a: { kind: 'audio', extensions: ['m4a', 'm4b'], mime: 'audio/mp4', browserCanShow: true },
  aac: { kind: 'audio', extensions: ['aac'], mime: 'audio/aac', browserCanShow: true },
  flac: { kind: 'audio', extensions: ['flac'], mime: 'audio/flac', browserCanShow: true },
  wav: { kind: 'audio', extensions: ['wav', 'wave'], mime: 'audio/wav', browserCanShow: true },
  ogg: { kind: 'audio', extensions: ['ogg', 'oga', 'opus'], mime: 'audio/ogg', browserCanShow: true },
};

const byExtension = new Map<string, MediaFormat>(
  MediaFormat.options.flatMap((format) => FORMATS[format].extensions.map((ext) => [ext, format] as const)),
);

/**
 * What a file's name claims it to be.
 * @param name file name or path, with or without folders
 * @returns the format, or undefined when the extension is none of ours
 */
export function formatByName(name: string): MediaFormat | undefined {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? undefined : byExtension.get(name.slice(dot + 1).toLowerCase());
}

/** Groups of private details that a file can carry; also the groups that `clean` can be told to keep. */
export const PrivacyGroup = z.enum(['place', 'device', 'person', 'time', 'history', 'ai', 'thumbnail', 'credentials', 'text', 'other']);
export type PrivacyGroup = z.infer<typeof PrivacyGroup>;

/** Groups that `clean --keep` understands; `credentials` are marks of AI, because Content Credentials themselves can't be kept. `colour` and `orientation` are always kept: rendering needs them. */
export const KeepGroup = z.enum(['credit', 'time', 'place', 'device', 'description', 'cover', 'chapters', 'credentials']);
export type KeepGroup = z.infer<typeof KeepGroup>;

/** Texts that models write: plain, SubRip and WebVTT; all of them UTF-8. */
export const TextFormat = z.enum(['txt', 'srt', 'vtt']);
export type TextFormat = z.infer<typeof TextFormat>;
const TEXT_MIMES: Readonly<Record<TextFormat, string>> = { txt: 'text/plain', srt: 'application/x-subrip', vtt: 'text/vtt' };

/** What a result can be: media, or a text. */
export type ResultFormat = MediaFormat | TextFormat;
const isText = (format: ResultFormat): format is TextFormat => Object.hasOwn(TEXT_MIMES, format);

/** Kind, extension and media type of a result. */
export function resultFacts(format: ResultFormat): {
  readonly kind: MediaKind | 'text';
  readonly extension: string;
  readonly mime: string;
} {
  if (isText(format)) return { kind: 'text', extension: format, mime: TEXT_MIMES[format] };
  const { kind, extensions, mime } = FORMATS[format];
  return { kind, extension: extensions[0], mime };
}

/** The format behind a media type, parameters left aside; undefined for one that we don't know. */
export function formatByMime(mime: string): ResultFormat | undefined {
  const [type = ''] = mime.split(';');
  const text = TextFormat.options.find((format) => TEXT_MIMES[format] === type.trim());
  return text ?? MediaFormat.options.find((format) => FORMATS[format].mime === type.trim());
}
