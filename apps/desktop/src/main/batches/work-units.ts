import type { MediaKind, Step } from '@pingplex/shared/domain';

export type Measured = {
  readonly kind: MediaKind;
  readonly sizeBytes: number;
  readonly durationMs: number | null;
  readonly megapixels: number | null;
};

/**
 * How much work a file is, so that files of different size compare: megapixels for pictures (+0.5 for opening one), seconds × megapixels
 * for video, seconds for sound. What isn't known is guessed from the size: 0.4 MB per megapixel, 1 MB/s of video, 20 kB/s of sound.
 */
export function workUnits(file: Measured): number {
  const mb = file.sizeBytes / 1e6;
  const seconds = (fallback: number): number => Math.max(0.2, file.durationMs === null ? fallback : file.durationMs / 1000);
  switch (file.kind) {
    case 'image':
      return 0.5 + Math.max(0.05, file.megapixels ?? mb / 0.4);
    case 'video':
      return 0.5 + seconds(mb) * (file.megapixels ?? 1);
    case 'audio':
      return 1 + seconds(mb / 0.02);
  }
}

/** Power of two of the work, so that large and small files are learned apart. */
export const sizeOf = (units: number): number => Math.floor(Math.log2(Math.max(0.01, units)));

/** The settings of a step that change what it costs, as a short text; the number of variants is counted as work instead. */
export function shapeOf(step: Step): string {
  switch (step.verb) {
    case 'unicalize':
      return step.minDistance === undefined && step.minQuality === undefined ? step.strength : `${step.strength} target`;
    case 'convert': {
      const size = step.width !== undefined || step.height !== undefined ? 'sized' : '';
      return [step.preset ?? '', step.format ?? 'same', size, step.cut ?? ''].filter(Boolean).join(' ');
    }
    case 'generate':
      return step.modelId;
    case 'clean':
      return '';
  }
}

/** A step passes over the media once, unicalize once to search for a strength and then once for each variant. */
export function passes(step: Step): number {
  return step.verb === 'unicalize' ? 1 + step.variants : 1;
}

/** Files that a step makes of one. */
export function times(step: Step): number {
  return step.verb === 'unicalize' ? step.variants : 1;
}
