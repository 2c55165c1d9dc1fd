import { AppError } from '@pingplex/shared/errors';

/** Longest file name in UTF-8 bytes. File systems take 255; the rest is room for sync clients that add suffixes of their own. */
export const MAX_NAME_BYTES = 240;

const ILLEGAL = /[<>:"/\\|?*]/gu;
/** Control characters, line and paragraph separators, marks that turn the reading direction, zero-width spaces, the byte order mark, lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
/** Names that Windows gives to devices, whatever the extension. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/iu;

/** Cuts at a code point so that the text takes no more than `maxBytes` in UTF-8. */
function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  for (const point of text) {
    bytes += Buffer.byteLength(point);
    if (bytes > maxBytes) break;
    end += point.length;
  }
  return text.slice(0, end);
}

function trimStem(stem: string): string {
  return stem.replace(/[. ]+$/u, '').trimStart();
}

function withSuffix(stem: string, suffix: string, ext: string): string {
  const tail = `${suffix}${ext === '' ? '' : `.${ext}`}`;
  const cut = trimStem(cutToBytes(stem, MAX_NAME_BYTES - Buffer.byteLength(tail)));
  return `${cut === '' ? '_' : cut}${tail}`;
}

/**
 * Builds a file name that Windows, macOS and Linux all take and that hides nothing: at most 240 bytes of UTF-8 with
 * its extension, no device name, no leading dot or dash, no trailing dot or space, nothing invisible.
 * @param stem wanted name without extension; may be any text
 * @param ext extension without a dot
 */
export function safeFileName(stem: string, ext: string): string {
  const cleanExt = ext
    .toLowerCase()
    .replace(/[^a-z0-9]/gu, '')
    .slice(0, 12);
  let name = stem.toWellFormed().replaceAll('\ufffd', '').normalize('NFC').replace(INVISIBLE, '').replace(ILLEGAL, '_');
  name = trimStem(name).replace(/^[.-]/u, '_');
  if (name === '') name = 'file';
  const beforeDot = name.split('.', 1)[0] ?? '';
  if (DEVICE.test(beforeDot.trimEnd())) name = `_${name}`;
  return withSuffix(name, '', cleanExt);
}

/** Parts of a name at its last dot; a leading dot is no extension. */
export function splitName(name: string): { readonly stem: string; readonly ext: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? { stem: name, ext: '' } : { stem: name.slice(0, dot), ext: name.slice(dot + 1) };
}

/** `photo.jpg` → `photo (2).jpg`, shortened where the limit asks for it. `n` from 2; 1 gives the name itself. */
export function numberedName(name: string, n: number): string {
  if (n <= 1) return name;
  const { stem, ext } = splitName(name);
  return withSuffix(stem, ` (${n})`, ext);
}

/** The form in which two names are the same file on Windows and macOS. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Refuses a final name that could leave its folder or that `safeFileName` would not have made possible. */
export function assertPlainName(name: string): void {
  const bad = name === '' || name === '.' || name === '..' || /[/\\\0]/u.test(name);
  if (bad) throw new AppError('output.templateInvalid', `not a plain file name: ${JSON.stringify(name)}`, { params: { name } });
  if (Buffer.byteLength(name) > 255) throw new AppError('output.nameTooLong', 'file name over 255 bytes', { params: { name } });
}
