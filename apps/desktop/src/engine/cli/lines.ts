import type { EngineVerb, OutcomeOf, WrittenFile } from '@pingplex/shared/contracts/engine';
import type { AppError } from '@pingplex/shared/errors';
import { inspectionRecord } from '@pingplex/shared/metadata';

/** One line of standard output. */
export type Line = Readonly<Record<string, unknown>> & { readonly file: string };

/** Gives a written file its final name; the answer is its absolute path. */
export type Place = (file: Pick<WrittenFile, 'tempPath' | 'ext'> & { readonly sha256?: string }, suffix: string) => Promise<string>;

async function written(file: WrittenFile, suffix: string, place: Place) {
  const { format, kind, sizeBytes, sha256 } = file;
  return { output: await place(file, suffix), format, kind, sizeBytes, sha256 };
}

async function unicalizeLines(file: string, outcome: OutcomeOf<'unicalize'>, place: Place): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { n, file: result, parameters, fromSource, nearestSister, quality, targetReached, missed, attempts } of outcome.variants) {
    lines.push({
      file,
      variant: n,
      ...(await written(result, `-v${n}`, place)),
      parameters,
      distance: fromSource,
      ...(nearestSister ? { nearestSister } : {}),
      quality,
      targetReached,
      ...(missed ? { missed } : {}),
      attempts,
      engineVersion: outcome.engineVersion,
      notes: outcome.notes,
    });
  }
  return lines;
}

/** One line per file: most conversions make one, frames of a film are several. */
async function convertLines(
  file: string,
  { file: first, summary, more = [], ...rest }: OutcomeOf<'convert'>,
  place: Place,
): Promise<Line[]> {
  if (more.length === 0) return [{ file, ...(await written(first, '', place)), summary, ...rest }];
  const lines: Line[] = [];
  for (const [at, one] of [{ file: first, summary }, ...more].entries()) {
    lines.push({ file, frame: at + 1, ...(await written(one.file, `-${at + 1}`, place)), summary: one.summary, ...rest });
  }
  return lines;
}

type Outcomes = { [V in EngineVerb]: { readonly verb: V; readonly outcome: OutcomeOf<V> } }[EngineVerb];

/**
 * What is printed for one finished job; results get their final names on the way.
 * @param file name as given on the command line
 * @param second the other file of `compare`
 */
export async function linesFor(done: Outcomes, file: string, second: string | undefined, place: Place): Promise<Line[]> {
  switch (done.verb) {
    case 'inspect':
      return [inspectionRecord(file, done.outcome)];
    case 'clean': {
      const { file: result, ...rest } = done.outcome;
      return [{ file, ...rest, ...(await written(result, '', place)) }];
    }
    case 'convert':
      return convertLines(file, done.outcome, place);
    case 'unicalize':
      return unicalizeLines(file, done.outcome, place);
    case 'thumbnail':
    case 'preview': {
      const { path, ...rest } = done.outcome;
      return [{ file, output: await place({ tempPath: path, ext: path.slice(path.lastIndexOf('.') + 1) }, ''), ...rest }];
    }
    case 'compare':
      return [{ file, other: second ?? '', ...done.outcome }];
    default:
      return [{ file, ...done.outcome }];
  }
}

/** The line of a file that failed. */
export function failureLine(file: string, error: AppError): Line {
  return { file, error: error.toData() };
}
