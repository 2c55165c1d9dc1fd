/** Whether a start of playing was taken back by a pause that came before it: no failure. */
export const isTakenBack = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === 'AbortError';

/** Plays, or stops what plays. @param onFail told when it can't be played at all */
export function togglePlaying(player: HTMLMediaElement, onFail: () => void): void {
  if (!player.paused) {
    player.pause();
    return;
  }
  player.play().catch((thrown: unknown) => {
    if (!isTakenBack(thrown)) onFail();
  });
}
