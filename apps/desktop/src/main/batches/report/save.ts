import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BatchId } from '@pingplex/shared/domain';
import type { Locale } from '@pingplex/shared/text';
import { outputError } from '../../../output/index.ts';
import { collectPictures, collectReport, type ReportPorts, type Thumbnails } from './collect.ts';
import { reportCsv } from './to-csv.ts';
import { reportHtml } from './to-html.ts';

/** What a report can be saved as; the ending of the chosen name decides. */
export const REPORT_FORMATS = ['html', 'csv', 'json'] as const;

export type SaveReportPorts = ReportPorts & { readonly thumbnails: Thumbnails };

/**
 * Writes the report about a batch to a file that the user chose; a name without one of the endings becomes HTML.
 * @param file absolute path
 * @returns the path it was written to
 * @throws AppError batch.notFound, output.*
 */
export async function saveReport(ports: SaveReportPorts, batchId: BatchId, file: string, locale: Locale): Promise<string> {
  const report = collectReport(ports, batchId);
  const ending = path.extname(file).slice(1).toLowerCase();
  const format = REPORT_FORMATS.find((one) => one === ending);
  const target = format === undefined ? `${file}.html` : file;
  const text =
    format === 'csv'
      ? reportCsv(report)
      : format === 'json'
        ? `${JSON.stringify({ report: 'pingplex.batch', version: 1, ...report }, null, 2)}\n`
        : reportHtml(report, await collectPictures(ports.journal, report, ports.thumbnails), locale);
  const aside = path.join(path.dirname(target), `.pingplex-report-${randomUUID()}`);
  try {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(aside, text, { flag: 'wx' });
    await rename(aside, target);
  } catch (thrown) {
    await rm(aside, { force: true });
    throw outputError(thrown, 'saving the report');
  }
  return target;
}
