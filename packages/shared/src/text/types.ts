import type { ErrorCode } from '../errors/codes.ts';

/** Languages that the product speaks. */
export type Locale = 'en' | 'ru';

/**
 * What a user reads about an error: what happened, and what to do about it. `{x}` is replaced by the error's parameter x,
 * `{x|text}` by `text` when there is no such parameter.
 */
export type ErrorText = { readonly title: string; readonly next: string };
export type ErrorTexts = Readonly<Record<ErrorCode, ErrorText>>;
