import type { Movement } from '../contracts/http/wallet.ts';
import { KeepGroup } from '../domain/media.ts';
import type { AppErrorData } from '../errors/app-error.ts';
import { ErrorCode } from '../errors/codes.ts';
import { detailOf, type Params } from './describe.ts';
import { errorsEn } from './errors.en.ts';
import { errorsRu } from './errors.ru.ts';
import { remarksEn } from './remarks.en.ts';
import { remarksRu } from './remarks.ru.ts';
import type { NoteCode, Remarks, StepReason, UntoldCode } from './remarks.ts';
import { reportEn } from './report.en.ts';
import { reportRu } from './report.ru.ts';
import type { ReportTexts } from './report.ts';
import type { ErrorText, ErrorTexts, Locale } from './types.ts';
import { wordsEn } from './words.en.ts';
import { wordsRu } from './words.ru.ts';
import type { Words } from './words.ts';

export type { NoteCode, StepReason, UntoldCode } from './remarks.ts';
export type { ReportTexts } from './report.ts';
export { RIGHTS, type RightsText, rightsText } from './rights.ts';
export { sizeText } from './size.ts';
export type { ErrorText, Locale } from './types.ts';
export type { PrivacyText, Words } from './words.ts';

/** Every shared text, per language. */
export const TEXTS: Readonly<
  Record<Locale, { readonly errors: ErrorTexts; readonly words: Words; readonly remarks: Remarks; readonly report: ReportTexts }>
> = {
  en: { errors: errorsEn, words: wordsEn, remarks: remarksEn, report: reportEn },
  ru: { errors: errorsRu, words: wordsRu, remarks: remarksRu, report: reportRu },
};

/** Replaces `{key}` and `{key|text}` by parameters. A key without parameter and without text stays as it is written. */
export function fillText(template: string, params: Params = {}): string {
  return template.replaceAll(/\{(\w+)(?:\|([^}]*))?\}/g, (whole, key: string, otherwise: string | undefined) => {
    const value = Object.hasOwn(params, key) ? params[key] : undefined;
    return value === undefined ? (otherwise ?? whole) : String(value);
  });
}

const FORMAT_PARAMS: readonly string[] = ['format', 'from', 'to'];
/** Formats as people know them: `JPEG`, not `jpeg`. */
const readable = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, FORMAT_PARAMS.includes(key) ? String(value).toUpperCase() : value]),
  );

/** The more exact text of a step that can't be done, when its reason is known. */
function reasonText(locale: Locale, { code, params }: Pick<AppErrorData, 'code' | 'params'>): ErrorText | undefined {
  const { reason } = TEXTS[locale].remarks;
  const key = code === 'engine.stepNotPossible' ? params?.['reason'] : undefined;
  return typeof key === 'string' && Object.hasOwn(reason, key) ? reason[key as StepReason] : undefined;
}

/**
 * What the user reads about an error: what happened and what to do, as exactly as its parameters allow. Sizes and numbers
 * stand before what to do.
 */
export function errorText(locale: Locale, error: Pick<AppErrorData, 'code' | 'params'>): ErrorText {
  const { errors, remarks } = TEXTS[locale];
  const text = reasonText(locale, error) ?? errors[error.code];
  const params = readable(error.params ?? {});
  const detail = detailOf(locale, error);
  const more = detail === undefined ? '' : `${fillText(remarks.detail[detail.key], detail.params)} `;
  return { title: fillText(text.title, params), next: `${more}${fillText(text.next, params)}` };
}

/** A figure that a note carries, as people of this language write it. */
function figure(locale: Locale, value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(number) : value;
}

/** A note of the engine in plain words, with its figure when it has one (`code:figure`). What other programs wrote comes through as it is. */
export function noteText(locale: Locale, note: string): string {
  const { remarks, words } = TEXTS[locale];
  const [code = '', value] = note.split(':');
  if (Object.hasOwn(remarks.note, code)) return fillText(remarks.note[code as NoteCode], value ? { value: figure(locale, value) } : {});
  const group = KeepGroup.safeParse(/^(\w+)NotKept$/.exec(note)?.[1]);
  return group.success ? fillText(remarks.notKept, { group: words.keepGroup[group.data] }) : note;
}

const WEIGHTY: ReadonlySet<string> = new Set<NoteCode>([
  'contentCredentialsRemoved',
  'aiMarkRemoved',
  'notVerified',
  'contentNotCompared',
  'fromEmbeddedPreview',
  'soundNotDecodable',
]);
/** True for notes that must be seen without being looked for: marks of origin that went, promises that could not be kept. */
export const isWeightyNote = (note: string): boolean => WEIGHTY.has(note) || note.endsWith('NotKept');

/** Why a distance has no score, or undefined when it has been measured. */
export function untoldBy(distance: { readonly notes?: readonly string[] | undefined }): UntoldCode | undefined {
  return distance.notes?.find((note): note is UntoldCode => Object.hasOwn(TEXTS.en.remarks.untold, note));
}

/** Why a movement of the wallet happened. A reason that is an error code reads as that error; an unknown one falls back to its kind. */
export function movementText(locale: Locale, movement: Pick<Movement, 'kind' | 'reason'>): { kind: string; reason: string } {
  const { errors, words } = TEXTS[locale];
  const kind = words.movement[movement.kind];
  const code = ErrorCode.safeParse(movement.reason);
  if (code.success) return { kind, reason: errors[code.data].title };
  return { kind, reason: words.reason[movement.reason] ?? kind };
}
