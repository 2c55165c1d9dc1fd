import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MediaKind, Strength } from '@pingplex/shared/domain';
import type { Point } from './distributions.ts';
import { quantile } from './files.ts';
import { plot } from './plot.ts';
import type { Aim } from './target.ts';

const BEGIN = '<!-- variants:begin -->';
const END = '<!-- variants:end -->';

/** Everything that a run measured. */
export type Figures = { readonly machine: object; readonly points: readonly Point[]; readonly aims: readonly Aim[] };

/** One line of the table of distributions. */
export type Row = {
  readonly kind: MediaKind;
  readonly files: string;
  readonly strength: Strength;
  readonly variants: number;
  readonly distance: string;
  readonly sister: string;
  readonly quality: string;
  readonly reached: string;
};

/** Smallest, median and largest value. */
function spread(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return '–';
  return [0, 0.5, 1].map((share) => quantile(known, share).toFixed(digits)).join(' / ');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)} %`;
}

export function distributionRows(points: readonly Point[]): Row[] {
  return MediaKind.options.flatMap((kind) =>
    [true, false].flatMap((isReal) =>
      Strength.options.flatMap((strength): Row[] => {
        const own = points.filter((point) => point.kind === kind && point.isReal === isReal && point.strength === strength);
        if (own.length === 0) return [];
        return [
          {
            kind,
            files: `${new Set(own.map((point) => point.file)).size} ${isReal ? 'real' : 'computed'}`,
            strength,
            variants: own.length,
            distance: spread(
              own.map((point) => point.distance),
              kind === 'audio' ? 1 : 0,
            ),
            sister: spread(
              own.map((point) => point.sister),
              kind === 'audio' ? 1 : 0,
            ),
            quality: spread(
              own.map((point) => point.quality),
              3,
            ),
            reached: percent(own.filter((point) => point.isReached).length, own.length),
          },
        ];
      }),
    ),
  );
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export type AimRow = {
  readonly kind: MediaKind;
  readonly target: string;
  readonly files: number;
  readonly reachable: number;
  readonly reached: number;
  readonly share: string;
  /** Median and largest by which the quality stays under the best that was found by trying everything. */
  readonly under: string;
  /** Median number of tries and trial encodes, against the settings that were tried for the comparison. */
  readonly effort: string;
};

export function aimRows(aims: readonly Aim[]): AimRow[] {
  const keys = [...new Set(aims.map(({ kind, minDistance, minQuality }) => JSON.stringify([kind, minDistance, minQuality])))];
  return keys.map((key) => {
    const own = aims.filter(({ kind, minDistance, minQuality }) => JSON.stringify([kind, minDistance, minQuality]) === key);
    const [first] = own;
    if (!first) throw new RangeError('a key comes from an aim');
    const reachable = own.filter((aim) => aim.isReachable);
    const reached = reachable.filter((aim) => aim.isReached);
    const under = reached.flatMap(({ best, quality }) =>
      best === undefined || quality === undefined ? [] : [Math.max(0, best - quality)],
    );
    return {
      kind: first.kind,
      target: `${first.minDistance}${first.kind === 'audio' ? ' %' : ' bits'}, ${first.minQuality}`,
      files: own.length,
      reachable: reachable.length,
      reached: reached.length,
      share: percent(reached.length, reachable.length),
      under: under.length === 0 ? '–' : `${quantile(under, 0.5).toFixed(4)} / ${quantile(under, 1).toFixed(4)}`,
      effort: `${median(own.map((aim) => aim.attempts))} / ${median(own.map((aim) => aim.settings))}`,
    };
  });
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Draws the plots into `docs/media/` and puts figures and plots between the marks in `docs/media.md`. */
export async function writeDocs(docs: string, { points, aims }: Figures): Promise<void> {
  const pictures = path.join(docs, 'media');
  await mkdir(pictures, { recursive: true });
  const kinds = MediaKind.options.filter((kind) => points.some((point) => point.kind === kind));
  for (const kind of kinds) {
    await writeFile(
      path.join(pictures, `variants-${kind}.svg`),
      plot(
        kind,
        points.filter((point) => point.kind === kind),
      ),
    );
  }
  const text = [
    BEGIN,
    ...kinds.map((kind) => `![Distance and quality of variants per strength: ${kind}](media/variants-${kind}.svg)\n`),
    'Smallest / median / largest. Distances in PDQ bits, for sound in percent of dissimilarity.\n',
    table(
      ['kind', 'files', 'strength', 'variants', 'distance from source', 'distance from nearest sister', 'quality', 'targets reached'],
      distributionRows(points).map((row) => Object.values(row)),
    ),
    '\nA named target against every setting in range tried on the whole file:\n',
    table(
      [
        'kind',
        'target',
        'files',
        'reachable',
        'reached',
        'share',
        'quality under the best, median / largest',
        'tries, mostly without encoding / settings compared',
      ],
      aimRows(aims).map((row) => Object.values(row)),
    ),
    END,
  ].join('\n');
  const file = path.join(docs, 'media.md');
  const before = await readFile(file, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the figures of variants`);
  await writeFile(file, `${before.slice(0, begin)}${text}${before.slice(end + END.length)}`);
}
