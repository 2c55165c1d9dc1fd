import type { EngineJob } from '@pingplex/shared/contracts/engine';
import { FORMATS, formatByName } from '@pingplex/shared/domain';
import type { MediaSize } from './limits.ts';

const MB = 1024 * 1024;
/** A worker with its libraries, doing something small. */
const WORKER_BYTES = 150 * MB;
/** Decoded picture, its copy and what measuring keeps of both. */
const BYTES_PER_PIXEL = 25;
/** Measured: 450 MB for a job on 1080p (2.07 megapixels); 1.3 GB are reckoned for 4K (8.3). */
const FILM_BYTES = 170 * MB;
const FILM_BYTES_PER_MEGAPIXEL = 136 * MB;
/** What is taken for a picture or film that nobody has looked into yet. */
const USUAL_MEGAPIXELS = { image: 24, video: 2.1 } as const;

/** Resident memory that a job's worker is expected to reach, in bytes. */
export function memoryNeed(job: EngineJob, { megapixels }: MediaSize = {}): number {
  if (job.verb !== 'unicalize' && job.verb !== 'convert') return WORKER_BYTES;
  const format = formatByName(job.path);
  const kind = format === undefined ? 'image' : FORMATS[format].kind;
  if (kind === 'audio') return WORKER_BYTES;
  const size = megapixels ?? USUAL_MEGAPIXELS[kind];
  return kind === 'video' ? FILM_BYTES + size * FILM_BYTES_PER_MEGAPIXEL : WORKER_BYTES + size * 1e6 * BYTES_PER_PIXEL;
}
