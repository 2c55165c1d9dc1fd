import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Measurements } from '@pingplex/shared/contracts/ipc';
import type { BatchId, ItemState, ResultId, Step } from '@pingplex/shared/domain';
import { AppError, type AppErrorData } from '@pingplex/shared/errors';
import { rightsText } from '@pingplex/shared/text';
import type { Journal } from '../../db/index.ts';

/** Results with a picture in the report; more would make it too large to open. */
export const MOST_PICTURES = 400;
/** Longest side of a picture in the report, pixels; shown at half of that. */
const PICTURE_SIZE = 160;
const PICTURES_AT_ONCE = 4;

/** One result with its figures. Names only: a report may be given away, so no path of the user stands in it. */
export type ReportResult = {
  readonly id: ResultId;
  readonly source: string;
  readonly name: string;
  readonly kind: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly verb: string;
  readonly credits: number;
  readonly measurements: Measurements;
};

/** Everything that a report says about a batch. */
export type Report = {
  readonly batch: {
    readonly name: string;
    readonly state: string;
    /** Milliseconds since 1970. */
    readonly startedAt: number;
    readonly finishedAt: number | null;
    readonly steps: readonly Step[];
    /** Its own name, without where it lies. */
    readonly folder: string;
  };
  readonly appVersion: string;
  /** Versions that made the variants; more than one after an update in the middle of a batch. */
  readonly engineVersions: readonly string[];
  readonly seeds: readonly number[];
  readonly rights: {
    readonly version: number;
    readonly confirmedAt: number;
    readonly text: { readonly en: string; readonly ru: string };
  } | null;
  readonly counts: Readonly<Record<ItemState, number>>;
  readonly targets: { readonly reached: number; readonly of: number };
  readonly results: readonly ReportResult[];
  readonly failed: readonly { readonly name: string; readonly state: ItemState; readonly error: AppErrorData | null }[];
};

export type ReportPorts = {
  readonly journal: Journal;
  readonly appVersion: string;
};

/** Reads a batch and all of its results from the journal. @throws AppError batch.notFound */
export function collectReport({ journal, appVersion }: ReportPorts, batchId: BatchId): Report {
  const batch = journal.batches.get(batchId);
  if (batch === undefined) throw new AppError('batch.notFound', 'no such batch');
  const results = journal.results.list({ batchId, limit: 1_000_000 }).map(
    (row): ReportResult => ({
      id: row.id,
      source: row.sourceName,
      name: row.path?.split(/[\\/]/).at(-1) ?? row.name,
      kind: row.kind,
      format: row.format,
      sizeBytes: row.sizeBytes,
      sha256: row.sha256,
      verb: row.verb,
      credits: row.credits,
      measurements: row.measurements,
    }),
  );
  const variants = results.flatMap(({ measurements }) => measurements.variant ?? []);
  const wording = batch.rightsVersion === null ? undefined : rightsText(batch.rightsVersion);
  return {
    batch: {
      name: batch.name,
      state: batch.state,
      startedAt: batch.createdAt,
      finishedAt: batch.finishedAt,
      steps: batch.steps,
      folder: path.basename(batch.folder),
    },
    appVersion,
    engineVersions: [...new Set(variants.map((variant) => variant.engineVersion))],
    seeds: batch.steps.flatMap((step) => (step.verb === 'unicalize' ? [step.seed] : [])),
    rights:
      batch.rightsConfirmedAt === null || wording === undefined
        ? null
        : { version: wording.version, confirmedAt: batch.rightsConfirmedAt, text: { en: wording.en, ru: wording.ru } },
    counts: journal.batches.counts(batchId),
    targets: { reached: variants.filter((variant) => variant.targetReached).length, of: variants.length },
    results,
    failed: journal.items
      .ofBatch(batchId)
      .filter(({ state }) => state === 'failed' || state === 'skipped' || state === 'canceled')
      .map(({ name, state, error }) => ({ name, state, error })),
  };
}

/** Makes the small picture of a result; its path and type. */
export type Thumbnails = (resultPath: string, size: number) => Promise<{ readonly path: string; readonly mime: string }>;

/** Small pictures of the first results as `data:` addresses; a result whose file is gone has none. */
export async function collectPictures(journal: Journal, report: Report, thumbnails: Thumbnails): Promise<Map<ResultId, string>> {
  const pictures = new Map<ResultId, string>();
  const wanted = report.results.slice(0, MOST_PICTURES);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let one = wanted[next++]; one !== undefined; one = wanted[next++]) {
      const file = journal.results.get(one.id)?.path ?? null;
      if (file === null) continue;
      const picture = await thumbnails(file, PICTURE_SIZE).then(
        async (made) => `data:${made.mime};base64,${(await readFile(made.path)).toString('base64')}`,
        () => undefined,
      );
      if (picture !== undefined) pictures.set(one.id, picture);
    }
  };
  await Promise.all(Array.from({ length: PICTURES_AT_ONCE }, lane));
  return pictures;
}
