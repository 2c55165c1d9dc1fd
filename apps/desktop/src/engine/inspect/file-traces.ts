import type { PrivacyFlag, Tag } from '@pingplex/shared/contracts/engine';
import { cutText } from '../binaries/cut-text.ts';
import { type FileAttribute, readFileAttributes } from '../binaries/xattr.ts';

/** What stands beside a file, not in it, as tags of the group `XAttr`, the flag for it, and a note when it can't be read. */
export type FileTraces = { readonly tags: readonly Tag[]; readonly privacy: readonly PrivacyFlag[]; readonly notes: readonly string[] };

export const NO_TRACES: FileTraces = { tags: [], privacy: [], notes: [] };
/** A mark that only says "from the network" names nobody. */
const TELLING = /^XAttr:(?:xdg|kMDItem|quarantine|HostUrl|ReferrerUrl|HostIpAddress|LastWriterPackageFamilyName|comment)/u;
const EXAMPLE_CHARACTERS = 120;

const tag = (name: string, text: string): Tag[] => {
  const clean = text.replaceAll('\0', '').trim();
  if (clean === '') return [];
  const { text: value, truncated } = cutText(clean);
  return [{ key: `XAttr:${name}`, value, source: 'probe', ...(truncated ? { truncated } : {}) }];
};

/** Texts in a binary property list (Apple's `bplist00`): ASCII and UTF-16 objects by the table at its end. */
export function plistTexts(bytes: Buffer): string[] {
  if (bytes.length < 40 || bytes.toString('latin1', 0, 8) !== 'bplist00') return [];
  const trailer = bytes.length - 32;
  const width = bytes[trailer + 6] ?? 0;
  const count = Math.min(Number(bytes.readBigUInt64BE(trailer + 8)), 4096);
  const table = Number(bytes.readBigUInt64BE(trailer + 24));
  const texts: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const entry = table + n * width;
    if (width < 1 || width > 6 || entry + width > trailer) break;
    const at = bytes.readUIntBE(entry, width);
    const kind = (bytes[at] ?? 0) >> 4;
    if (kind !== 5 && kind !== 6) continue;
    let length = (bytes[at] ?? 0) & 15;
    let from = at + 1;
    if (length === 15) {
      // A length that doesn't fit is a whole number object of its own.
      const bytesOfLength = 2 ** ((bytes[from] ?? 0) & 3);
      if (from + 1 + bytesOfLength > trailer || bytesOfLength > 4) continue;
      length = bytes.readUIntBE(from + 1, bytesOfLength);
      from += 1 + bytesOfLength;
    }
    const end = Math.min(trailer, from + length * (kind === 6 ? 2 : 1));
    const body = bytes.subarray(from, kind === 6 ? from + 2 * Math.floor((end - from) / 2) : end);
    texts.push(kind === 5 ? body.toString('latin1') : Buffer.from(body).swap16().toString('utf16le'));
  }
  return texts;
}

/** One attribute as tags. `Zone.Identifier` is a little settings file with a line per fact. */
export function attributeTags({ name, value }: FileAttribute): Tag[] {
  if (name === 'Zone.Identifier') {
    const text = value.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])) ? value.toString('utf16le', 2) : value.toString('utf8');
    return [...text.matchAll(/^\s*(\w{1,64})\s*=(.*)$/gmu)].flatMap(([, key, own]) => tag(key ?? '', own ?? ''));
  }
  const short = name.replace(/^(?:user\.|com\.apple\.(?:metadata:)?)/u, '');
  const texts = plistTexts(value);
  return tag(short, texts.length > 0 ? texts.join(', ') : value.toString('utf8'));
}

function flagsFor(tags: readonly Tag[]): PrivacyFlag[] {
  const telling = tags.filter((one) => TELLING.test(one.key));
  const [first] = telling;
  if (!first) return [];
  const example = first.value.replace(/\s+/gu, ' ').slice(0, EXAMPLE_CHARACTERS);
  return [{ code: 'downloadSource', group: 'history', severity: 'medium', tags: telling.map((one) => one.key), example }];
}

/** Reads what the file system has noted about where a file came from. */
export async function fileTraces(path: string): Promise<FileTraces> {
  const attributes = await readFileAttributes(path);
  const notes: string[] = [];
  if (attributes === undefined) notes.push('fileTracesUnreadable');
  const tags = (attributes ?? []).flatMap(attributeTags);
  return { tags, privacy: flagsFor(tags), notes };
}
