import type { Step } from '@pingplex/shared/domain';

export type ConvertStep = Extract<Step, { verb: 'convert' }>;
/** Settings to change; an undefined one is taken out of the step. */
export type ConvertPatch = { readonly [K in keyof ConvertStep]?: ConvertStep[K] | undefined };
/** What each part of the editor works on. */
export type ConvertPart = { step: ConvertStep; set: (patch: ConvertPatch) => void };
