import type { MediaFormat, MediaKind } from '@pingplex/shared/domain';
import type { Studio } from './studio.ts';

/** A finished sample. */
export interface SampleFile {
  /** Absolute path. */
  readonly path: string;
  readonly format: MediaFormat;
  readonly kind: MediaKind;
  /** What it shows and what is hidden in it, in a sentence. */
  readonly what: string;
}

/** How a sample is made. */
export interface Recipe {
  /** Path below the output folder, with forward slashes. */
  readonly name: string;
  readonly format: MediaFormat;
  readonly what: string;
  /** Writes the whole file to `path`, which does not exist yet. */
  readonly make: (path: string, studio: Studio) => Promise<void>;
}
