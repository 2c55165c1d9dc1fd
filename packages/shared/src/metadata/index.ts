export { diffTags, type TagChange, type TagDifferences } from './diff.ts';
export { EXPORTERS, type Exporter, type Inspected } from './export.ts';
export { fullKey } from './full-key.ts';
export { inspectionRecord } from './record.ts';
