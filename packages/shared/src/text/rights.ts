import type { Locale } from './types.ts';

/** What a user confirms before making variants. The journal keeps the version, so that a report can show the very words that were confirmed. */
export type RightsText = { readonly version: number } & Readonly<Record<Locale, string>>;

/** Every wording there ever was, oldest first. Never change one; append the next. */
const WORDINGS = [
  {
    version: 1,
    en: 'This media is mine to vary, or its owner allows it.',
    ru: 'Эти файлы мои, или их владелец разрешил менять их.',
  },
] as const satisfies readonly RightsText[];

/** The wording that is shown now. */
export const RIGHTS: RightsText = WORDINGS[WORDINGS.length - 1] as RightsText;

/** The wording of a version; undefined for a version of a newer app. */
export function rightsText(version: number): RightsText | undefined {
  return WORDINGS.find((one) => one.version === version);
}
