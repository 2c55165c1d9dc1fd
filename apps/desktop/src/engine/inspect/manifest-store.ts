import { z } from 'zod';

/** The parts of the C2PA library's report that are shown (https://opensource.contentauthenticity.org/docs/manifest/json-ref/manifest-store). */
const Finding = z.looseObject({ code: z.string(), explanation: z.string().nullish() });
const text = z.string().optional().catch(undefined);

const Action = z.looseObject({
  action: z.string(),
  when: text,
  softwareAgent: z
    .union([z.string(), z.looseObject({ name: text, version: text })])
    .optional()
    .catch(undefined),
  digitalSourceType: text,
  description: text,
  parameters: z.looseObject({ name: text, description: text }).optional().catch(undefined),
});

/** Data of an assertion; only actions and authors are looked into, and a maker's own form of them counts as none. */
const Data = z.looseObject({
  actions: z.array(Action).optional().catch(undefined),
  author: z
    .array(z.looseObject({ name: text }))
    .optional()
    .catch(undefined),
});

const Manifest = z.looseObject({
  title: text,
  claim_generator: text,
  claim_generator_info: z
    .array(z.looseObject({ name: text, version: text }))
    .optional()
    .catch(undefined),
  signature_info: z
    .looseObject({ alg: text, issuer: text, common_name: text, cert_serial_number: text, time: text })
    .optional()
    .catch(undefined),
  ingredients: z
    .array(z.looseObject({ title: text, format: text, relationship: text, active_manifest: text }))
    .optional()
    .catch(undefined),
  assertions: z
    .array(z.looseObject({ label: z.string(), data: Data.optional().catch(undefined) }))
    .default([])
    .catch([]),
});
export type Manifest = z.infer<typeof Manifest>;

export const ManifestStore = z.looseObject({
  active_manifest: text,
  manifests: z.record(z.string(), Manifest).default({}),
  validation_state: text,
  validation_status: z.array(Finding).optional(),
  validation_results: z
    .looseObject({
      activeManifest: z.looseObject({ success: z.array(Finding).optional(), failure: z.array(Finding).optional() }).optional(),
    })
    .optional(),
});
export type ManifestStore = z.infer<typeof ManifestStore>;
