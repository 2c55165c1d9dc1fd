/**
 * Where to seek for the frame `by` frames away: into the middle of it, because times are rounded at the edges of frames.
 * @param shownAt start of the frame that is on screen, in seconds
 * @param fps frames per second
 */
export function frameTime(shownAt: number, by: number, fps: number): number {
  return Math.max(0, shownAt + (by + 0.5) / fps);
}

/**
 * Start of the frame that is on screen.
 * @param drawnAt what the decoder said of the last frame that it drew; null when it has drawn none yet. It is late after a seek, and then
 *   the player's own clock decides.
 */
export function frameStart(drawnAt: number | null, currentTime: number, fps: number): number {
  const isRecent = drawnAt !== null && currentTime >= drawnAt - 1e-3 && currentTime - drawnAt < 1 / fps + 1e-3;
  return isRecent ? drawnAt : Math.floor(currentTime * fps + 1e-3) / fps;
}

/** Which picture of a strip of `count` stands for this share (0–1) of a film. */
export function stripIndex(share: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(share * count)));
}

type Span = { readonly from: number; readonly to: number };

/**
 * The part of a sound that a magnified waveform shows, as shares of the whole (0–1).
 * @param zoom 1 shows everything
 * @param middle share that should be in the middle
 */
export function shownSpan(zoom: number, middle: number): Span {
  const width = 1 / Math.max(1, zoom);
  const from = Math.max(0, Math.min(1 - width, middle - width / 2));
  return { from, to: from + width };
}

/** The loudest peak in each of `count` slices of a part. */
export function peaksIn(peaks: readonly number[], { from, to }: Span, count: number): number[] {
  const first = from * peaks.length;
  const width = ((to - from) * peaks.length) / count;
  return Array.from({ length: count }, (_, n) => {
    const start = Math.min(peaks.length - 1, Math.floor(first + n * width));
    const end = Math.max(start + 1, Math.floor(first + (n + 1) * width));
    return peaks.slice(start, end).reduce((top, peak) => Math.max(top, peak), 0);
  });
}
