import type { Missed } from '../contracts/engine/outcomes.ts';

/** Texts of the report about a batch. */
export type ReportTexts = {
  readonly title: string;
  readonly batch: string;
  readonly started: string;
  readonly finished: string;
  readonly unfinished: string;
  readonly steps: string;
  readonly folder: string;
  readonly engine: string;
  readonly seed: string;
  readonly rights: string;
  /** `{text}` as it was confirmed, `{version}` of it, `{time}` */
  readonly rightsConfirmed: string;
  readonly rightsNone: string;
  readonly files: string;
  readonly results: string;
  readonly targetsReached: string;
  /** `{n}` of `{of}` */
  readonly count: string;
  /** `{n}`: only so many have pictures in the report. */
  readonly picturesLeftOut: string;
  readonly resultsCaption: string;
  readonly failedCaption: string;
  readonly column: Readonly<
    Record<
      | 'picture'
      | 'source'
      | 'result'
      | 'variant'
      | 'distance'
      | 'sister'
      | 'quality'
      | 'target'
      | 'attempts'
      | 'parameters'
      | 'file'
      | 'state'
      | 'reason',
      string
    >
  >;
  readonly noPicture: string;
  readonly reached: string;
  readonly missed: Readonly<Record<Missed, string>>;
  readonly notTold: string;
  readonly of100: string;
  readonly similarSound: string;
  readonly framesAlike: string;
  readonly spectrum: string;
  readonly howToRead: string;
  /** What the figures are, and that nothing is promised. */
  readonly reading: readonly string[];
};
