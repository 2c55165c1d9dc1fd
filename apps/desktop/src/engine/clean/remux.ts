import { createHash, type Hash } from 'node:crypto';
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { KeepGroup, MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Demuxer, Dictionary, FormatContext, Muxer, Packet, Stream } from 'node-av';
import { type Av, avError, loadAv, openInput } from '../binaries/av.ts';
import { replaceData } from '../binaries/encoder-text.ts';
import { eraseMuxerName } from '../binaries/muxer-name.ts';
import type { JobContext } from '../job-context.ts';
import { blankSei } from './blank-sei.ts';
import { keptFfmpeg } from './keep-groups.ts';
import { hvccWithoutSei, type NalCodec, nalLengthBytes, withoutSei } from './nal-units.ts';

/** FFmpeg's muxer per format that is cleaned by copying its streams. */
const MUXERS: Partial<Readonly<Record<MediaFormat, string>>> = {
  mp4: 'mp4',
  mov: 'mov',
  m4a: 'ipod',
  mkv: 'matroska',
  webm: 'webm',
  ogg: 'ogg',
};
/** Muxers that take a cover as a stream; OGG would need it as text. */
const COVER_FORMATS: readonly MediaFormat[] = ['mp4', 'mov', 'm4a', 'mkv'];
const SLICE_MS = 20;
/** SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG) in ISO/IEC 23091-2: high dynamic range. */
const HDR_TRANSFERS: readonly number[] = [16, 18];

export type RemuxResult = {
  /** SHA-256 of each copied stream's bytes as they were handed to the muxer, in the order of the new file. */
  readonly streamHashes: readonly string[];
  readonly dropped: readonly string[];
  readonly notes: readonly string[];
};

export const canRemux = (format: MediaFormat): boolean => MUXERS[format] !== undefined;

type Units = { readonly codec: NalCodec; readonly lengthBytes: number };
type Copy = { readonly stream: Stream; readonly index: number; readonly units?: Units; readonly hash: Hash };

/** Streams whose SEI units (encoder settings, camera data, user text; ITU-T H.264 and H.265, annex D) are taken away. */
function unitsOf(av: Av, stream: Stream): Units | undefined {
  const { codecId, colorTrc, extradata } = stream.codecpar;
  const codec = codecId === av.AV_CODEC_ID_H264 ? 'h264' : codecId === av.AV_CODEC_ID_HEVC ? 'hevc' : undefined;
  // Light levels of HDR pictures travel in the same units; without them screens show other colours.
  if (codec === undefined || (codec === 'hevc' && HDR_TRANSFERS.includes(colorTrc))) return undefined;
  const lengthBytes = nalLengthBytes(codec, extradata);
  return lengthBytes === undefined ? undefined : { codec, lengthBytes };
}

const isCover = (av: Av, stream: Stream): boolean => (stream.disposition & av.AV_DISPOSITION_ATTACHED_PIC) !== 0;

type Choice = { readonly streams: Stream[]; readonly dropped: string[]; readonly notes: string[] };

/** Pictures, sound and subtitles stay; data tracks, timecode, attachments and (unless wanted) covers go. */
function choose(av: Av, input: Demuxer, format: MediaFormat, keep: readonly KeepGroup[]): Choice {
  const choice: Choice = { streams: [], dropped: [], notes: [] };
  const keepsCover = keep.includes('cover') && COVER_FORMATS.includes(format);
  for (const stream of input.streams) {
    const type = stream.codecpar.codecType;
    const cover = isCover(av, stream);
    const isShown = type === av.AVMEDIA_TYPE_VIDEO || type === av.AVMEDIA_TYPE_AUDIO || type === av.AVMEDIA_TYPE_SUBTITLE;
    if (cover ? keepsCover : isShown) choice.streams.push(stream);
    else choice.dropped.push(cover ? 'Container:Cover' : 'Container:DataTrack');
  }
  return choice;
}

/** An empty dictionary changes nothing when it is assigned; only null clears what the package has copied. */
function dictionary(av: Av, tags: Readonly<Record<string, string>>): Dictionary | null {
  return Object.keys(tags).length === 0 ? null : av.Dictionary.fromObject(tags);
}

/** Tags of the whole that go into the new file: kept ones by group, and new ones. */
export type RemuxTags = { readonly keep: readonly KeepGroup[]; readonly added: Readonly<Record<string, string>> };

function setTags(av: Av, context: FormatContext, input: Demuxer, copies: readonly Copy[], { keep, added }: RemuxTags): void {
  const kept = keptFfmpeg(keep);
  // OGG keeps the tags of the whole in its first stream.
  const ofStream = input.formatName === 'ogg' ? (copies[0]?.stream.metadata?.getAll() ?? {}) : {};
  const tags = Object.entries({ ...ofStream, ...input.metadata }).filter(([key]) => kept.has(key.toLowerCase()));
  context.metadata = dictionary(av, { ...Object.fromEntries(tags), ...added });
  const count = (stream: Stream) => copies.filter((copy) => copy.stream.codecpar.codecType === stream.codecpar.codecType).length;
  for (const copy of copies) {
    const out = context.streams[copy.index];
    if (out === undefined) continue;
    const all = copy.stream.metadata?.getAll() ?? {};
    // With several tracks of a kind, the language is how a viewer tells them apart.
    const language: Record<string, string> = count(copy.stream) > 1 && all['language'] ? { language: all['language'] } : {};
    out.metadata = dictionary(av, language);
  }
}

function containerOptions(format: MediaFormat): Record<string, string> {
  const family = format === 'mp4' || format === 'mov' || format === 'm4a';
  return { fflags: '+bitexact', ...(family ? { movflags: '+faststart', empty_hdlr_name: '1' } : {}) };
}

/** Hands one packet on, without SEI; answers how many bytes were left out. */
function writeCopy(muxer: Muxer, copy: Copy, packet: Packet): number {
  const before = packet.data;
  if (before === null) return 0;
  const after = copy.units ? withoutSei(before, copy.units.codec, copy.units.lengthBytes) : before;
  if (after.length === 0) return before.length;
  if (after !== before) replaceData(packet, after);
  copy.hash.update(after);
  muxer.writePacketSync(packet, copy.index);
  return before.length - after.length;
}

async function copyPackets(input: Demuxer, muxer: Muxer, copies: readonly Copy[], ctx: JobContext): Promise<number> {
  let removedBytes = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  const total = Math.max(1, input.duration);
  for (const packet of input.packetsSync()) {
    if (packet === null) break;
    using owned = packet;
    const copy = copies.find((one) => one.stream.index === owned.streamIndex);
    if (copy === undefined) continue;
    removedBytes += writeCopy(muxer, copy, owned);
    if (performance.now() > sliceEnd) {
      ctx.progress(Math.min(0.99, (Number(owned.dts) * owned.timeBase.num) / owned.timeBase.den / total));
      await yieldToLoop();
      ctx.signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return removedBytes;
}

/**
 * Copies pictures, sound and subtitles into a fresh container of the same format, without re-encoding: no tags but the
 * wanted ones, no dates, no data tracks, no SEI. Rotation, aspect and colour stay.
 * @throws AppError `file.damaged`, `engine.stepNotPossible`; the signal's reason on abort
 */
export async function remux(path: string, format: MediaFormat, output: string, tags: RemuxTags, ctx: JobContext): Promise<RemuxResult> {
  const { keep } = tags;
  const av = await loadAv();
  const container = MUXERS[format];
  if (container === undefined)
    throw new AppError('engine.stepNotPossible', `no stream copy for ${format}`, { params: { reason: 'noStreamCopy', format } });
  await using input = await openInput(path, format);
  const choice = choose(av, input, format, keep);
  if (choice.streams.length === 0) throw new AppError('file.damaged', 'the file has neither picture nor sound');
  const copies: Copy[] = [];
  try {
    const muxer = await av.Muxer.open(output, {
      format: container,
      useAsyncWrite: false,
      copyInitialNonkeyframes: true,
      options: containerOptions(format),
      configure: (context) => setTags(av, context, input, copies, tags),
    });
    let removedBytes = 0;
    try {
      for (const stream of choice.streams) copies.push(addCopy(av, muxer, stream));
      removedBytes = await copyPackets(input, muxer, copies, ctx);
      muxer.closeSync();
    } finally {
      await muxer.close();
    }
    await eraseMuxerName(output, container);
    const dropped = [...choice.dropped, ...(removedBytes > 0 ? ['Stream:SEI'] : [])];
    const played = copies.filter((copy) => !isCover(av, copy.stream));
    return { streamHashes: played.map((copy) => copy.hash.digest('hex')), dropped, notes: choice.notes };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    throw avError(thrown);
  }
}

function addCopy(av: Av, muxer: Muxer, stream: Stream): Copy {
  const units = unitsOf(av, stream);
  const index = muxer.addStream(stream);
  const { extradata } = stream.codecpar;
  const out = muxer.getStream(index);
  if (units?.codec === 'hevc' && extradata && out) out.codecpar.extradata = hvccWithoutSei(extradata);
  return { stream, index, hash: createHash('sha256'), ...(units ? { units } : {}) };
}

/** SHA-256 of the bytes of every stream that plays (not of covers), in stream order. */
export async function hashStreams(path: string, format: MediaFormat, ctx: JobContext): Promise<string[]> {
  const av = await loadAv();
  await using input = await openInput(path, format);
  const hashes = new Map(input.streams.filter((stream) => !isCover(av, stream)).map((stream) => [stream.index, createHash('sha256')]));
  // Cleaning an AVI overwrites these units in place.
  const isBlanked = ({ codecpar }: Stream) => format === 'avi' && codecpar.codecId === av.AV_CODEC_ID_H264;
  const blanked = new Set(input.streams.filter(isBlanked).map((stream) => stream.index));
  let sliceEnd = performance.now() + SLICE_MS;
  for (const packet of input.packetsSync()) {
    if (packet === null) break;
    using owned = packet;
    if (owned.data) hashes.get(owned.streamIndex)?.update(blanked.has(owned.streamIndex) ? blankSei(owned.data) : owned.data);
    if (performance.now() > sliceEnd) {
      await yieldToLoop();
      ctx.signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return [...hashes.values()].map((hash) => hash.digest('hex'));
}
