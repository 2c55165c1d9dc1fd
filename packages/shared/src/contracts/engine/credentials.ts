import { z } from 'zod';

/**
 * How a file stands to its signed record. `valid`: as it was signed. `changed`: picture or sound differ from what was signed. `broken`:
 * the record itself was altered, or its signature doesn't hold. `unchecked`: there is a record that could not be checked, see `why`.
 */
export const CredentialsState = z.enum(['valid', 'changed', 'broken', 'unchecked']);
export type CredentialsState = z.infer<typeof CredentialsState>;

/** Why a record could not be checked: it stands on a server and nothing is fetched; the file is too large; its bytes make no sense. */
export const UncheckedWhy = z.enum(['elsewhere', 'tooLarge', 'unreadable']);
export type UncheckedWhy = z.infer<typeof UncheckedWhy>;

const text = z.string().max(1000);

/** Content Credentials (C2PA) of a file: who signed what, when, with which tools, and whether it still holds. */
export const ContentCredentials = z.object({
  state: CredentialsState,
  why: UncheckedWhy.optional(),
  /** Address of a record that stands elsewhere. */
  url: text.optional(),
  /** The certificate's words. Whether it may be trusted is not checked: no trust list comes with the app. */
  signer: z
    .object({ name: text.optional(), organisation: text.optional(), algorithm: text.optional(), serial: text.optional() })
    .optional(),
  /** RFC 3339. */
  signedAt: text.optional(),
  /** True when a time stamping service vouches for `signedAt`. */
  timeStamped: z.boolean(),
  generator: text.optional(),
  title: text.optional(),
  authors: z.array(text),
  /** What was done, oldest first. `action` is C2PA's label without `c2pa.`, or a maker's own whole label. */
  actions: z.array(
    z.object({
      action: text,
      when: text.optional(),
      software: text.optional(),
      /** Last part of the IPTC digital source type, such as `trainedAlgorithmicMedia`. */
      source: text.optional(),
      note: text.optional(),
    }),
  ),
  /** What it was made from. `relationship` is `parentOf`, `componentOf` or `inputTo`. */
  ingredients: z.array(
    z.object({
      title: text.optional(),
      relationship: text,
      format: text.optional(),
      /** True when the ingredient brought a signed record of its own. */
      signed: z.boolean(),
    }),
  ),
  /** Signed records in the file, the current one and those of its ingredients. */
  records: z.int(),
  /** What the check found wrong, in the words and codes of the C2PA specification. */
  problems: z.array(z.object({ code: text, explanation: text })),
});
export type ContentCredentials = z.infer<typeof ContentCredentials>;
