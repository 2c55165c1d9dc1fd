import type { Report, ReportResult } from './collect.ts';

type Cell = string | number | boolean | undefined;

/** Columns in the order of the file. Names are fixed and English: programs read them. */
const COLUMNS: Readonly<Record<string, (result: ReportResult, report: Report) => Cell>> = {
  source: (one) => one.source,
  result: (one) => one.name,
  kind: (one) => one.kind,
  format: (one) => one.format,
  sizeBytes: (one) => one.sizeBytes,
  sha256: (one) => one.sha256,
  variant: (one) => one.measurements.variant?.n,
  distance: (one) => one.measurements.fromSource?.score,
  distanceBand: (one) => one.measurements.fromSource?.band,
  pdq: (one) => one.measurements.fromSource?.pdq,
  phash: (one) => one.measurements.fromSource?.phash,
  frameMatch: (one) => one.measurements.fromSource?.frameMatch,
  audioSimilarity: (one) => one.measurements.fromSource?.audioSimilarity,
  sisterDistance: (one) => one.measurements.nearestSister?.score,
  sisterPdq: (one) => one.measurements.nearestSister?.pdq,
  sisterAudioSimilarity: (one) => one.measurements.nearestSister?.audioSimilarity,
  ssim: (one) => one.measurements.quality?.ssim,
  psnr: (one) => one.measurements.quality?.psnr,
  spectral: (one) => one.measurements.quality?.spectral,
  loudnessDelta: (one) => one.measurements.quality?.loudnessDelta,
  targetReached: (one) => one.measurements.variant?.targetReached,
  missed: (one) => one.measurements.variant?.missed?.join(' '),
  attempts: (one) => one.measurements.variant?.attempts,
  parameters: (one) => one.measurements.variant && JSON.stringify(one.measurements.variant.parameters),
  engineVersion: (one) => one.measurements.variant?.engineVersion,
  seed: (one, report) => (one.measurements.variant ? report.seeds.join(' ') : undefined),
  rightsConfirmedAt: (_one, report) => (report.rights ? new Date(report.rights.confirmedAt).toISOString() : undefined),
  rightsVersion: (_one, report) => report.rights?.version,
};

/**
 * The results as a table by RFC 4180 with the mark of UTF-8 in front, without which spreadsheets misread names. A text that a spreadsheet
 * would take for a formula gets an apostrophe (OWASP "CSV Injection").
 */
export function reportCsv(report: Report): string {
  const columns = Object.entries(COLUMNS);
  const rows = report.results.map((one) => columns.map(([, of]) => cell(of(one, report))).join(','));
  return `\uFEFF${[columns.map(([name]) => name).join(','), ...rows].join('\r\n')}\r\n`;
}

function cell(value: Cell): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r\n]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
