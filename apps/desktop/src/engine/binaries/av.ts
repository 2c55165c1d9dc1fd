import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Demuxer, Stream } from 'node-av';

/** The one place that loads FFmpeg. Loading takes about 100 ms, so it happens on first use. */
export type Av = typeof import('node-av') & typeof import('node-av/constants');

let loading: Promise<Av> | undefined;

async function load(): Promise<Av> {
  try {
    const [api, constants] = await Promise.all([import('node-av'), import('node-av/constants')]);
    // Before anything else: codecs write tables to standard error at the default level.
    api.Log.setLevel(constants.AV_LOG_FATAL);
    return { ...constants, ...api };
  } catch (thrown) {
    loading = undefined;
    throw new AppError('engine.unavailable', 'the media library could not be loaded', { params: { what: 'FFmpeg' }, cause: thrown });
  }
}

/** FFmpeg's functions and constants, quiet from the start. */
export function loadAv(): Promise<Av> {
  loading ??= load();
  return loading;
}

/** FFmpeg's demuxer per format. Naming it keeps FFmpeg from guessing, so that no playlist or script can open other files. */
export const DEMUXERS: Readonly<Record<MediaFormat, string>> = {
  jpeg: 'jpeg_pipe',
  png: 'png_pipe',
  webp: 'webp_pipe',
  gif: 'gif',
  heic: 'mov',
  avif: 'mov',
  tiff: 'tiff_pipe',
  jxl: 'jpegxl_pipe',
  raw: 'tiff_pipe',
  mp4: 'mov',
  mov: 'mov',
  mkv: 'matroska',
  webm: 'matroska',
  avi: 'avi',
  mp3: 'mp3',
  m4a: 'mov',
  aac: 'aac',
  flac: 'flac',
  wav: 'wav',
  ogg: 'ogg',
};
const WHITELIST =
  'jpeg_pipe,png_pipe,webp_pipe,gif,mov,mov\\,mp4\\,m4a\\,3gp\\,3g2\\,mj2,tiff_pipe,jpegxl_pipe,matroska,matroska\\,webm,avi,mp3,aac,flac,wav,ogg';

/** FFmpeg's name for a local file: literal, whatever characters it has. */
const avPath = (path: string): string => `file:${path}`;

/** Turns FFmpeg's refusal of an input into our error; our own errors and aborts pass unchanged. */
export function avError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/cannot allocate memory/i.test(message))
    return new AppError('file.damaged', `the file asks for absurd memory: ${message}`, { cause: thrown });
  return new AppError('file.damaged', message, { cause: thrown });
}

/**
 * Opens a file for demuxing. The caller closes it (`await using` works).
 * @param path absolute path of a file that was sniffed already
 * @param format what the sniffing said
 * @throws AppError file.damaged when FFmpeg can't read it, engine.unavailable when FFmpeg can't be loaded
 */
export async function openInput(
  path: string,
  format: MediaFormat,
  options: { signal?: AbortSignal; skipStreamInfo?: boolean } = {},
): Promise<Demuxer> {
  const av = await loadAv();
  try {
    return await av.Demuxer.open(avPath(path), { ...options, format: DEMUXERS[format], options: inputOptions() });
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw avError(thrown);
  }
}

function inputOptions(): Record<string, string> {
  return { protocol_whitelist: 'file', format_whitelist: WHITELIST };
}

export type StreamFacts = {
  readonly index: number;
  readonly type: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment' | 'unknown';
  readonly codec: string;
  /** A still picture that players show beside sound (cover art), not a film. */
  readonly isCover: boolean;
  readonly isDefault: boolean;
  /** Bits per second, when the container says. */
  readonly bitRate?: number;
  readonly language?: string;
  /** Stored size in pixels, before rotation. */
  readonly width?: number;
  readonly height?: number;
  readonly pixelFormat?: string;
  /** Frames per second, average. */
  readonly fps?: number;
  readonly frames?: number;
  /** Degrees clockwise to turn a decoded frame for display; from the display matrix. */
  readonly rotation?: 0 | 90 | 180 | 270;
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly metadata: Readonly<Record<string, string>>;
};

export type StreamProbe = {
  readonly format: string;
  readonly durationMs?: number;
  /** Bits per second over everything. */
  readonly bitRate?: number;
  readonly streams: readonly StreamFacts[];
  readonly metadata: Readonly<Record<string, string>>;
  /** First real picture track and first sound track. */
  readonly video?: StreamFacts;
  readonly audio?: StreamFacts;
};

/** Clockwise turn that a display matrix (ISO/IEC 14496-12, 8.3.2: nine 16.16 numbers) asks for. */
export function matrixRotation(matrix: Buffer | null): 0 | 90 | 180 | 270 {
  if (!matrix || matrix.length < 36) return 0;
  const degrees = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  const quarter = ((Math.round(degrees / 90) % 4) + 4) % 4;
  return quarter === 1 ? 90 : quarter === 2 ? 180 : quarter === 3 ? 270 : 0;
}

const TYPE_NAMES = ['video', 'audio', 'data', 'subtitle', 'attachment'] as const;

function streamFacts(av: Av, stream: Stream): StreamFacts {
  const par = stream.codecpar;
  const type = TYPE_NAMES[par.codecType] ?? 'unknown';
  const metadata = stream.metadata?.getAll() ?? {};
  const rate = stream.avgFrameRate;
  const pixelFormat = type === 'video' ? av.avGetPixFmtName(par.format as import('node-av/constants').AVPixelFormat) : null;
  const bitRate = Number(par.bitRate);
  const frames = Number(stream.nbFrames);
  const seconds = (Number(stream.duration) * stream.timeBase.num) / stream.timeBase.den;
  const counted = frames > 1 && seconds > 0 ? frames / seconds : 0;
  const fps = type !== 'video' ? 0 : rate.num > 0 && rate.den > 0 ? rate.num / rate.den : counted;
  return {
    index: stream.index,
    type,
    codec: av.avGetCodecName(par.codecId) ?? 'unknown',
    isCover: (stream.disposition & av.AV_DISPOSITION_ATTACHED_PIC) !== 0,
    isDefault: (stream.disposition & av.AV_DISPOSITION_DEFAULT) !== 0,
    metadata,
    ...(bitRate > 0 ? { bitRate } : {}),
    ...(frames > 0 ? { frames } : {}),
    ...(metadata['language'] ? { language: metadata['language'] } : {}),
    ...(type === 'video' && par.width > 0 && par.height > 0 ? { width: par.width, height: par.height } : {}),
    ...(pixelFormat ? { pixelFormat } : {}),
    ...(fps > 0 && fps < 1000 ? { fps } : {}),
    ...(type === 'video' ? { rotation: matrixRotation(par.getCodedSideData(av.AV_PKT_DATA_DISPLAYMATRIX)) } : {}),
    ...(type === 'audio' && par.sampleRate > 0 ? { sampleRate: par.sampleRate } : {}),
    ...(type === 'audio' && par.channels > 0 ? { channels: par.channels } : {}),
  };
}

/** Length in seconds: the container's own figure, else that of its longest stream. */
function durationOf(input: Demuxer): number {
  if (input.duration > 0) return input.duration;
  const lengths = input.streams.map((stream) => (Number(stream.duration) * stream.timeBase.num) / stream.timeBase.den);
  return Math.max(0, ...lengths.filter(Number.isFinite));
}

/** Facts of an input that is open already. */
export function describeInput(av: Av, input: Demuxer): StreamProbe {
  const streams = input.streams.map((stream) => streamFacts(av, stream));
  const video = streams.find((stream) => stream.type === 'video' && !stream.isCover && stream.width);
  const audio = streams.find((stream) => stream.type === 'audio');
  const seconds = durationOf(input);
  return {
    format: input.formatName,
    streams,
    metadata: input.metadata,
    ...(seconds > 0 ? { durationMs: Math.round(seconds * 1000) } : {}),
    ...(input.bitRate > 0 ? { bitRate: Math.round(input.bitRate * 1000) } : {}),
    ...(video ? { video } : {}),
    ...(audio ? { audio } : {}),
  };
}

/**
 * Streams of a film or a sound.
 * @param path absolute path of a file that was sniffed already
 * @param format what the sniffing said
 * @throws AppError as `openInput`
 */
export async function probeStreams(path: string, format: MediaFormat): Promise<StreamProbe> {
  const av = await loadAv();
  const input = await openInput(path, format);
  try {
    return describeInput(av, input);
  } finally {
    await input.close();
  }
}

/** Containers whose headers name size, rate and length, so that no frame has to be decoded to know them. */
const SPOKEN_HEADERS: ReadonlySet<MediaFormat> = new Set(['mp4', 'mov', 'm4a', 'mkv', 'webm', 'avi', 'wav', 'flac']);

function isTold({ durationMs, streams }: StreamProbe): boolean {
  const known = (stream: StreamFacts) => {
    if (stream.type === 'video') return stream.isCover || (stream.width !== undefined && stream.fps !== undefined);
    return stream.type !== 'audio' || (stream.sampleRate !== undefined && stream.channels !== undefined);
  };
  return durationMs !== undefined && streams.length > 0 && streams.every(known);
}

/**
 * As `probeStreams`, from the container's headers alone where they say enough (about 1 ms instead of up to 30 ms). Pixel formats may be missing.
 * @throws AppError as `openInput`
 */
export async function probeHeaders(path: string, format: MediaFormat, sizeBytes: number): Promise<StreamProbe> {
  if (!SPOKEN_HEADERS.has(format)) return probeStreams(path, format);
  const av = await loadAv();
  const input = await openInput(path, format, { skipStreamInfo: true });
  try {
    const probe = describeInput(av, input);
    if (!isTold(probe)) return await probeStreams(path, format);
    // A length that is less than half a millisecond is told as 0.
    const bitRate = probe.bitRate ?? (probe.durationMs ? Math.round((sizeBytes * 8000) / probe.durationMs) : undefined);
    return bitRate === undefined ? probe : { ...probe, bitRate };
  } finally {
    await input.close();
  }
}
