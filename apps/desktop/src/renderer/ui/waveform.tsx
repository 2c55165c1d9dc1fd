import { useMemo } from 'react';

/** Bars of a waveform as one path, 0–100 high around the middle. */
function path(peaks: readonly number[]): string {
  return peaks.map((peak, at) => `M${at + 0.5} ${50 - Math.max(0.8, peak * 46)}V${50 + Math.max(0.8, peak * 46)}`).join('');
}

/** A waveform, the part before the playhead in the accent colour. @param share where the playhead is, 0–1 of what is drawn */
export function Waveform({ peaks, share, className }: { peaks: readonly number[]; share: number; className: string }) {
  const lines = useMemo(() => path(peaks), [peaks]);
  return (
    <svg viewBox={`0 0 ${peaks.length} 100`} preserveAspectRatio="none" className={className} aria-hidden="true">
      <path d={lines} stroke="var(--line-strong)" strokeWidth={0.6} />
      <path
        d={lines}
        stroke="var(--accent)"
        strokeWidth={0.6}
        style={{ clipPath: `inset(0 ${(1 - Math.max(0, Math.min(1, share))) * 100}% 0 0)` }}
      />
    </svg>
  );
}
