import type { InspectOutcome } from '../contracts/engine/index.ts';
import type { ExportFormat } from '../domain/index.ts';
import type { AppErrorData } from '../errors/index.ts';
import { csvLine } from './csv.ts';
import { fullKey } from './full-key.ts';
import { inspectionRecord } from './record.ts';

/** What became of one file. */
export type Inspected = { readonly file: string } & ({ readonly outcome: InspectOutcome } | { readonly error: AppErrorData });

/** Turns inspections into text one by one, so that any number of files needs the memory of one. */
export type Exporter = {
  /** Extension of the file, without a dot. */
  readonly ext: 'csv' | 'json' | 'ndjson';
  readonly head: string;
  readonly item: (one: Inspected, index: number) => string;
  readonly tail: string;
};

/** Spreadsheets read a file without this mark in the system's old character set. */
const BYTE_ORDER_MARK = '\uFEFF';

const asObject = (one: Inspected) => ('outcome' in one ? inspectionRecord(one.file, one.outcome) : { file: one.file, error: one.error });

function valueLines(one: Inspected): string {
  if ('error' in one) return csvLine([one.file, 'error', one.error.code, one.error.message, '']);
  return one.outcome.tags.map((tag) => csvLine([one.file, fullKey(tag), tag.value, tag.raw ?? tag.value, tag.source])).join('');
}

const SUMMARY_COLUMNS = [
  'width height orientation durationMs fps frames videoCodec audioCodec sampleRate channels bitRate bitDepth colourSpace iccProfile',
  'hasAlpha animated camera lens exposure takenAt title artist album software',
]
  .join(' ')
  .split(' ') as readonly Exclude<keyof InspectOutcome['summary'], 'place'>[];

const SUMMARY_HEAD = ['file', 'kind', 'format', 'sizeBytes', 'damaged', 'nameMismatch', ...SUMMARY_COLUMNS];
const SUMMARY_TAIL = ['latitude', 'longitude', 'privacy', 'credentials', 'signer', 'prompt', 'tags', 'error'];

function summaryLine(one: Inspected): string {
  if ('error' in one) {
    const blank = [...SUMMARY_HEAD.slice(1), ...SUMMARY_TAIL.slice(1)].map(() => undefined);
    return csvLine([one.file, ...blank, `${one.error.code}: ${one.error.message}`]);
  }
  const { outcome, file } = one;
  const { summary, credentials } = outcome;
  return csvLine([
    file,
    outcome.kind,
    outcome.format,
    outcome.sizeBytes,
    outcome.damaged,
    outcome.nameMismatch,
    ...SUMMARY_COLUMNS.map((column) => summary[column]),
    summary.place?.lat,
    summary.place?.lon,
    outcome.privacy.map(({ code }) => code).join(' '),
    credentials?.state,
    credentials?.signer?.name,
    outcome.generation?.flatMap(({ prompts }) => prompts).join('\n'),
    outcome.tags.length,
    undefined,
  ]);
}

/** How each form is written. */
export const EXPORTERS: Readonly<Record<ExportFormat, Exporter>> = {
  csv: { ext: 'csv', head: `${BYTE_ORDER_MARK}${csvLine(['file', 'tag', 'value', 'raw', 'source'])}`, item: valueLines, tail: '' },
  summary: { ext: 'csv', head: `${BYTE_ORDER_MARK}${csvLine([...SUMMARY_HEAD, ...SUMMARY_TAIL])}`, item: summaryLine, tail: '' },
  json: {
    ext: 'json',
    head: '[',
    item: (one, index) => `${index === 0 ? '' : ','}\n${JSON.stringify(asObject(one))}`,
    tail: '\n]\n',
  },
  ndjson: { ext: 'ndjson', head: '', item: (one) => `${JSON.stringify(asObject(one))}\n`, tail: '' },
};
