import type { Summary } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';

const VIDEO_CODECS = new Set(['h264', 'vp8', 'vp9', 'av1']);
const AUDIO_CODECS = new Set(['aac', 'mp3', 'opus', 'vorbis', 'flac']);

/**
 * Whether Chromium can show the original itself. Codecs decide for video: an MP4 with HEVC needs a stand-in although MP4 plays.
 * @param summary what the quick inspection found; null while it isn't there yet
 */
export function isPlayable(format: MediaFormat, summary: Summary | null): boolean {
  const facts = FORMATS[format];
  if (!facts.browserCanShow) return false;
  if (facts.kind !== 'video') return true;
  const video = summary?.videoCodec?.toLowerCase();
  const audio = summary?.audioCodec?.toLowerCase();
  return (
    video !== undefined && VIDEO_CODECS.has(video) && (audio === undefined || AUDIO_CODECS.has(audio)) && (summary?.bitDepth ?? 8) <= 8
  );
}
