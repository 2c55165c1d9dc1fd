import type { z } from 'zod';

/**
 * One call from the window to main. Requests are validated strictly in main; answers are typed. `preloadOnly` routes carry things that
 * the page must not be able to make up (paths of dropped files): preload calls them, the page's general door refuses them.
 */
export type IpcRoute<I extends z.ZodType = z.ZodType, O = unknown> = {
  readonly input: I;
  readonly preloadOnly: boolean;
  /** Type of the answer; exists for the compiler only. */
  readonly output?: O;
};

/** Declares a route: `ipc<Answer>()(InputSchema)`. */
export function ipc<O>() {
  return <I extends z.ZodType>(input: I, options: { preloadOnly?: boolean } = {}): IpcRoute<I, O> => ({
    input,
    preloadOnly: options.preloadOnly ?? false,
  });
}
