import { extname } from 'node:path';
import { FORMATS, formatByName, type MediaFormat, type MediaKind } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { type ByteSource, withByteSource } from './byte-source.ts';
import { nameForeign } from './foreign.ts';
import { checkPixels, imageSize, type PixelSize } from './image-size.ts';
import { sniffIso } from './iso-media.ts';
import type { FileFacts } from './open-file.ts';
import { checkSoundHeader, sniffFrames } from './sound-headers.ts';
import { sniffTiffFamily } from './tiff-family.ts';

/** What a file really is, decided by its bytes. */
export type Sniffed = {
  readonly format: MediaFormat;
  readonly kind: MediaKind;
  /** True when the name's extension claims another format. */
  readonly nameMismatch: boolean;
  readonly sizeBytes: number;
  /** Stored pixel size (before orientation) of a picture whose header says it. */
  readonly size?: PixelSize;
  /** For `assertUnchanged`. */
  readonly facts: FileFacts;
};

const JXL_CONTAINER = Buffer.from('0000000c4a584c200d0a870a', 'hex');
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const EBML = Buffer.from('1a45dfa3', 'hex');

function sniffMatroska(head: Buffer): MediaFormat | undefined {
  // DocType is element 0x4282 in the EBML header, which is always among the first bytes.
  const at = head.subarray(0, 128).indexOf(Buffer.from('4282', 'hex'));
  const docType = at < 0 ? '' : head.toString('latin1', at + 3, at + 3 + ((head[at + 2] ?? 0) & 0x7f));
  if (docType.startsWith('webm')) return 'webm';
  return docType.startsWith('matroska') ? 'mkv' : undefined;
}

function sniffRiff(head: Buffer): MediaFormat | undefined {
  const form = head.toString('latin1', 8, 12);
  if (form === 'WEBP') return 'webp';
  if (form === 'WAVE') return 'wav';
  return form === 'AVI ' ? 'avi' : undefined;
}

function sniffOgg(head: Buffer): MediaFormat | undefined {
  const start = head.subarray(0, 4096);
  const isVideo = start.includes('\x80theora', 0, 'latin1') || start.includes('OVP80') || start.includes('\x01video', 0, 'latin1');
  return isVideo ? undefined : 'ogg';
}

async function sniffContent(source: ByteSource): Promise<MediaFormat | undefined> {
  const { head } = source;
  const four = head.toString('latin1', 0, 4);
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (head.subarray(0, 8).equals(PNG)) return 'png';
  if (four === 'GIF8') return 'gif';
  if (four === 'RIFF' || four === 'RF64' || four === 'BW64') return sniffRiff(head);
  if (head.subarray(0, 12).equals(JXL_CONTAINER) || (head[0] === 0xff && head[1] === 0x0a)) return 'jxl';
  if (head.subarray(0, 4).equals(EBML)) return sniffMatroska(head);
  if (four === 'fLaC') return 'flac';
  if (four === 'OggS') return sniffOgg(head);
  return (await sniffTiffFamily(source)) ?? (await sniffIso(source)) ?? (await sniffFrames(source));
}

/** Extensions of sister formats that share one container; naming one for the other misleads nobody. */
const SISTERS: Readonly<Partial<Record<MediaFormat, readonly MediaFormat[]>>> = {
  raw: ['tiff'],
  tiff: ['raw'],
  m4a: ['mp4'],
  mp4: ['mov'],
  mov: ['mp4'],
};

function isMismatch(path: string, format: MediaFormat): boolean {
  if (extname(path) === '') return false;
  const claimed = formatByName(path);
  return claimed !== format && !(claimed && SISTERS[format]?.includes(claimed));
}

/**
 * Decides a file's format from its bytes; the name only serves to tell that it lies.
 * @param source an opened file
 * @throws AppError file.unsupported (with `what` in its parameters), file.tooLarge (with the size), file.damaged
 */
export async function sniffSource(source: ByteSource): Promise<Sniffed> {
  const { path } = source.facts;
  const format = await sniffContent(source);
  if (!format) {
    const what = nameForeign(source.head);
    throw new AppError('file.unsupported', `not a media file that we handle: ${what}`, {
      params: { what, extension: extname(path).slice(1, 20).toLowerCase() },
    });
  }
  checkSoundHeader(source.head, format);
  const { kind } = FORMATS[format];
  const size = kind === 'image' ? await imageSize(source, format) : undefined;
  checkPixels(size);
  return {
    format,
    kind,
    nameMismatch: isMismatch(path, format),
    sizeBytes: source.sizeBytes,
    facts: source.facts,
    ...(size ? { size } : {}),
  };
}

/**
 * Opens a file and decides what it is.
 * @param path absolute path
 * @throws AppError as `openFile` and `sniffSource`
 */
export function sniff(path: string): Promise<Sniffed> {
  return withByteSource(path, sniffSource);
}
