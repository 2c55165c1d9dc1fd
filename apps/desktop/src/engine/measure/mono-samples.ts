import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Frame, SoftwareResampleContext } from 'node-av';
import { type Av, avError, loadAv, openInput, type StreamFacts } from '../binaries/av.ts';
import { checkDecodable } from '../binaries/frames.ts';
import type { OpenMedia } from './av-media.ts';

/** Work between two looks at the signal; keeps the worker's answers well under a second apart. */
const SLICE_MS = 15;

/** Brings decoded sound to mono floats at one rate. Set up anew when the sound changes its form in the middle. */
class MonoResampler {
  private readonly av: Av;
  private readonly rate: number;
  private readonly take: (samples: Float32Array) => void;
  private readonly out: Frame;
  private swr: SoftwareResampleContext | undefined;
  private form = '';

  constructor(av: Av, rate: number, take: (samples: Float32Array) => void) {
    this.av = av;
    this.rate = rate;
    this.take = take;
    this.out = new av.Frame();
    this.out.alloc();
  }

  push(frame: Frame): void {
    const { av } = this;
    const told = frame.channelLayout;
    const layout = told.order === av.AV_CHANNEL_ORDER_UNSPEC ? av.avChannelLayoutDefault(told.nbChannels) : told;
    if (layout !== told) frame.channelLayout = layout;
    const form = `${frame.sampleRate} ${frame.format} ${layout.order} ${layout.nbChannels} ${layout.mask}`;
    if (form !== this.form) {
      this.drain();
      this.form = form;
      this.swr = new av.SoftwareResampleContext();
      const { sampleRate, format } = frame;
      const sampleFormat = format as import('node-av/constants').AVSampleFormat;
      av.FFmpegError.throwIfError(
        this.swr.allocSetOpts2(av.AV_CHANNEL_LAYOUT_MONO, av.AV_SAMPLE_FMT_FLT, this.rate, layout, sampleFormat, sampleRate),
      );
      av.FFmpegError.throwIfError(this.swr.init());
    }
    this.convert(frame);
  }

  /** Gives out what the resampler still holds. */
  drain(): void {
    if (!this.swr) return;
    this.convert(null);
    this.swr.free();
    this.swr = undefined;
    this.form = '';
  }

  close(): void {
    this.swr?.free();
    this.swr = undefined;
    this.out.free();
  }

  private convert(frame: Frame | null): void {
    const { av, out } = this;
    out.unref();
    out.format = av.AV_SAMPLE_FMT_FLT;
    out.sampleRate = this.rate;
    out.channelLayout = av.AV_CHANNEL_LAYOUT_MONO;
    const result = this.swr?.convertFrame(out, frame) ?? 0;
    if (frame) av.FFmpegError.throwIfError(result);
    const bytes = out.data?.[0];
    if (result < 0 || out.nbSamples <= 0 || !bytes) return;
    const samples = new Float32Array(out.nbSamples);
    new Uint8Array(samples.buffer).set(bytes.subarray(0, samples.byteLength));
    this.take(samples);
  }
}

/**
 * Decodes a sound track from the beginning to mono floats at one rate, as FFmpeg's `aresample` filter gives them. Packets and frames are used
 * again and nobody reads timestamps, which takes half the time of the general way; damaged packets are left out.
 * @param take gets samples in −1…1; a few hundred at a time
 * @param isEnough asked after each packet; true ends it
 * @throws AppError as `openInput`, and the signal's reason
 */
export async function monoSamples(
  media: OpenMedia,
  track: StreamFacts,
  rate: number,
  signal: AbortSignal,
  take: (samples: Float32Array) => void,
  isEnough: () => boolean,
): Promise<void> {
  const av = await loadAv();
  const demuxer = await openInput(media.path, media.format);
  const stream = demuxer.getStream(track.index);
  const resampler = new MonoResampler(av, rate, take);
  using packet = new av.Packet();
  using frame = new av.Frame();
  packet.alloc();
  frame.alloc();
  try {
    if (!stream) return;
    checkDecodable(stream);
    using decoder = await av.Decoder.create(stream, { exitOnError: false, threadCount: 2 });
    const codec = decoder.getCodecContext();
    if (!codec) return;
    const decoded = (): void => {
      while (codec.receiveFrameSync(frame) === 0) {
        if (!frame.decodeErrorFlags && !frame.hasFlags(av.AV_FRAME_FLAG_CORRUPT)) resampler.push(frame);
        frame.unref();
      }
    };
    const input = demuxer.getFormatContext();
    let sliceEnd = performance.now() + SLICE_MS;
    while (!isEnough() && input.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === track.index && packet.size > 0) {
        codec.sendPacketSync(packet);
        decoded();
      }
      packet.unref();
      if (performance.now() > sliceEnd) {
        await nextTurn();
        signal.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    if (isEnough()) return;
    codec.sendPacketSync(null);
    decoded();
    resampler.drain();
  } catch (thrown) {
    signal.throwIfAborted();
    throw avError(thrown);
  } finally {
    resampler.close();
    await demuxer.close();
  }
}
