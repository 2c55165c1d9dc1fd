import type { LoudnessTarget } from './convert-parts.ts';
import { destinationOf } from './destinations.ts';
import type { MediaFormat } from './media.ts';
import type { ConvertStep } from './recipe.ts';

type Settings = Omit<ConvertStep, 'verb' | 'keep'>;

/** All that decides about one conversion: the step's own settings over those of its destination over the defaults. */
export type ConvertPlan = Settings & {
  readonly fit: NonNullable<Settings['fit']>;
  readonly cut: NonNullable<Settings['cut']>;
  readonly enlarge: boolean;
  readonly sound: boolean;
  readonly maxFps?: number;
  readonly videoBitRate?: number;
  readonly audioBitRate?: number;
  readonly sampleRate?: number;
  readonly maxMs?: number;
};

export const DEFAULT_QUALITY = 85;

/** Puts the destination's rules under the step's own settings; whatever the step names wins. */
export function convertPlan(settings: Settings): ConvertPlan {
  const place = destinationOf(settings.preset);
  const own = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings;
  const base = { fit: 'inside', cut: 'exact', enlarge: false, sound: true } as const;
  if (place === undefined) return { ...base, ...own };
  const { id: _id, group: _group, label: _label, kind: _kind, source: _source, rulesOf: _rules, dated: _dated, ...rules } = place;
  const loudness: LoudnessTarget | undefined = own.loudness ?? rules.loudness;
  return { ...base, ...rules, ...own, ...(loudness === undefined ? {} : { loudness }) };
}

/** Format that a step gives to a file of `source`. */
export function convertFormat(settings: Pick<Settings, 'format' | 'preset'>, source: MediaFormat): MediaFormat {
  return settings.format ?? destinationOf(settings.preset)?.format ?? source;
}
