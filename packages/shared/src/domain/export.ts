import { z } from 'zod';

/**
 * Forms in which metadata leaves the app: `summary` a CSV with one line per file, `csv` one line per value (everything), `json` one array,
 * `ndjson` one JSON object per line.
 */
export const ExportFormat = z.enum(['summary', 'csv', 'json', 'ndjson']);
export type ExportFormat = z.infer<typeof ExportFormat>;
