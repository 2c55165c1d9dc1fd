import type { MediaFormat } from '@pingplex/shared/domain';
import { type ByteSource, withByteSource } from './byte-source.ts';

/** Top-level boxes of ISO/IEC 14496-12 files (MP4, MOV, M4A, HEIC, AVIF, CR3, JPEG XL containers). */
export type Box = { readonly type: string; readonly offset: number; readonly headerBytes: number; readonly sizeBytes: number };

const MAX_BOXES = 4096;
const MOOV_READ_BYTES = 8 * 1024 * 1024;
const STARTERS_WITHOUT_FTYP = new Set(['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);
const AVIF = new Set(['avif', 'avis']);
const HEIC = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
const SOUND = new Set(['M4A ', 'M4B ', 'M4P ']);

/** Walks the outermost boxes; stops quietly at the first impossible size. */
export async function topBoxes(source: ByteSource): Promise<Box[]> {
  const boxes: Box[] = [];
  let offset = 0;
  while (offset + 8 <= source.sizeBytes && boxes.length < MAX_BOXES) {
    const header = await source.read(offset, 16);
    if (header.length < 8) break;
    let sizeBytes = header.readUInt32BE(0);
    let headerBytes = 8;
    if (sizeBytes === 1 && header.length === 16) {
      const large = header.readBigUInt64BE(8);
      if (large > BigInt(Number.MAX_SAFE_INTEGER)) break;
      sizeBytes = Number(large);
      headerBytes = 16;
    } else if (sizeBytes === 0) {
      sizeBytes = source.sizeBytes - offset;
    }
    if (sizeBytes < headerBytes) break;
    boxes.push({ type: header.toString('latin1', 4, 8), offset, headerBytes, sizeBytes });
    offset += sizeBytes;
  }
  return boxes;
}

/**
 * Whether a file of ISO boxes has a movie header. Stills have none, and FFmpeg's reader loops for ever on some that are damaged, so it is
 * given films only.
 */
export async function hasMovie(path: string): Promise<boolean> {
  return withByteSource(path, async (source) => (await topBoxes(source)).some(({ type }) => type === 'moov'));
}

function brandsOf(head: Buffer): string[] {
  const end = Math.min(head.readUInt32BE(0), head.length, 4096);
  const brands = [head.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  return brands;
}

/** A film whose movie header has no picture track is sound, whatever its brand says. */
async function handlers(source: ByteSource): Promise<{ hasMoov: boolean; video: boolean; audio: boolean }> {
  const moov = (await topBoxes(source)).find((box) => box.type === 'moov');
  if (!moov) return { hasMoov: false, video: false, audio: false };
  const bytes = await source.read(moov.offset, Math.min(moov.sizeBytes, MOOV_READ_BYTES));
  // In `hdlr` the handler type stands 12 bytes after the box type.
  const seen = new Set<string>();
  for (let at = bytes.indexOf('hdlr'); at >= 0; at = bytes.indexOf('hdlr', at + 4)) seen.add(bytes.toString('latin1', at + 12, at + 16));
  return { hasMoov: true, video: seen.has('vide'), audio: seen.has('soun') };
}

/**
 * Names the format of a file that is made of ISO boxes.
 * @returns undefined when the boxes hold none of our formats (JPEG 2000, for example)
 */
export async function sniffIso(source: ByteSource): Promise<MediaFormat | undefined> {
  const { head } = source;
  const first = head.toString('latin1', 4, 8);
  if (first !== 'ftyp') {
    if (!STARTERS_WITHOUT_FTYP.has(first)) return undefined;
    return (await handlers(source)).hasMoov ? 'mov' : undefined;
  }
  const [major = '', ...others] = brandsOf(head);
  const all = [major, ...others];
  if (major === 'crx ') return 'raw';
  if (AVIF.has(major)) return 'avif';
  if (HEIC.has(major)) return 'heic';
  if (major === 'mif1' || major === 'msf1' || major === 'miaf') {
    if (all.some((brand) => AVIF.has(brand)) || head.includes('av1C')) return 'avif';
    return all.some((brand) => HEIC.has(brand)) || head.includes('hvcC') ? 'heic' : undefined;
  }
  if (major === 'jp2 ' || major === 'jpx ' || major === 'jxl ') return undefined;
  if (SOUND.has(major)) return 'm4a';
  const tracks = await handlers(source);
  if (tracks.hasMoov && tracks.audio && !tracks.video) return 'm4a';
  if (major === 'qt  ') return 'mov';
  // Unknown brands are common (camera makers invent their own); a movie header or a known base brand decides.
  const known = all.some((brand) => /^(iso[\dm]|mp4[12]|avc1|dash|ms[dn]h|cmf[cf2]|MSNV|M4V |3g[p2].|f4v )$/.test(brand));
  return tracks.hasMoov || known ? 'mp4' : undefined;
}

/** Largest picture size that the `ispe` properties of a HEIF family file name. */
export function heifSize(head: Buffer): { width: number; height: number } | undefined {
  let best: { width: number; height: number } | undefined;
  for (let at = head.indexOf('ispe'); at >= 0 && at + 16 <= head.length; at = head.indexOf('ispe', at + 4)) {
    const width = head.readUInt32BE(at + 8);
    const height = head.readUInt32BE(at + 12);
    if (!best || width * height > best.width * best.height) best = { width, height };
  }
  return best;
}
