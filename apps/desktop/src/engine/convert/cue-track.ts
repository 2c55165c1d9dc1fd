import { rm, writeFile } from 'node:fs/promises';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import type { Muxer } from 'node-av';
import { tempPath } from '../../output/index.ts';
import type { Av } from '../binaries/av.ts';
import { replaceData } from '../binaries/encoder-text.ts';
import { type Cue, plainText, srtText } from './subtitle-text.ts';

/** Number of the helper file among a job's temporary files; results count from 1. */
const HELPER_N = 9001;

/**
 * Sample description of timed text (3GPP TS 26.245, 5.16, without its box header): white text on a clear ground, centred at the bottom,
 * 18 units high, in the font called `Serif`.
 */
const TIMED_TEXT = Buffer.from([
  ...[0, 0, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 1, 0, 18, 0xff, 0xff, 0xff, 0xff],
  ...[0, 0, 0, 18, 0x66, 0x74, 0x61, 0x62, 0, 1, 0, 1, 5, 0x53, 0x65, 0x72, 0x69, 0x66],
]);

/** Text of a sample with its length in front (3GPP TS 26.245, 5.17). */
function timedText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Math.min(bytes.length, 0xffff));
  return Buffer.concat([length, bytes.subarray(0, 0xffff)]);
}

/** Formats with a subtitle track that players know. */
export const SUBTITLE_FORMATS: readonly MediaFormat[] = ['mp4', 'mov', 'mkv'];

export type CueTrack = {
  /** Writes all cues that begin before this time, milliseconds on the clock of the new file. */
  writeUntil(ms: number): void;
  close(): Promise<void>;
};

/** Adds a subtitle track to a muxer that has not begun to write: `mov_text` in MP4 and MOV, SubRip in MKV. */
export async function openCueTrack(av: Av, muxer: Muxer, cues: readonly Cue[], to: MediaFormat, temp: TempPlace): Promise<CueTrack> {
  const path = tempPath(temp, HELPER_N, 'srt');
  await writeFile(path, srtText(cues));
  const input = await av.Demuxer.open(`file:${path}`, { format: 'srt', options: { protocol_whitelist: 'file' } });
  const [stream] = input.streams;
  if (stream === undefined) {
    await input.close();
    await rm(path, { force: true });
    return { writeUntil: () => undefined, close: async () => undefined };
  }
  const index = muxer.addStream(stream);
  const isTimedText = to === 'mp4' || to === 'mov';
  const out = muxer.getStream(index);
  if (isTimedText && out) {
    out.codecpar.codecId = av.AV_CODEC_ID_MOV_TEXT;
    out.codecpar.codecTag = 0;
    out.codecpar.extradata = TIMED_TEXT;
  }
  const packets = input.packetsSync();
  let n = 0;
  return {
    writeUntil(ms) {
      for (let cue = cues[n]; cue !== undefined && cue.startMs <= ms; cue = cues[n]) {
        const next = packets.next();
        if (next.done || next.value === null) return;
        using packet = next.value;
        if (isTimedText) replaceData(packet, timedText(plainText(cue.text)));
        muxer.writePacketSync(packet, index);
        n += 1;
      }
    },
    async close() {
      packets.return(undefined);
      await input.close();
      await rm(path, { force: true });
    },
  };
}
