import { type MediaKind, Strength } from '@pingplex/shared/domain';
import type { Point } from './distributions.ts';
import { quantile } from './files.ts';

const WIDTH = 760;
const HEIGHT = 300;
const PANEL = { top: 34, bottom: 252, left: 52, width: 310, gap: 74 };
const RADIUS = 2.6;

type Panel = {
  readonly title: string;
  readonly of: (point: Point) => number | undefined;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** A line across: what the presets aim at. */
  readonly line?: number;
};

const PANELS: Readonly<Record<MediaKind, readonly [Panel, Panel]>> = {
  image: [
    { title: 'Distance from the source, PDQ bits', of: (p) => p.distance, low: 0, high: 140, ticks: [0, 31, 60, 90, 128], line: 31 },
    { title: 'Quality, SSIM', of: (p) => p.quality, low: 0.86, high: 1, ticks: [0.86, 0.9, 0.95, 1], line: 0.95 },
  ],
  video: [
    { title: 'Distance from the source, median PDQ bits', of: (p) => p.distance, low: 0, high: 140, ticks: [0, 31, 60, 90, 128], line: 31 },
    { title: 'Quality, SSIM', of: (p) => p.quality, low: 0.86, high: 1, ticks: [0.86, 0.92, 0.96, 1], line: 0.92 },
  ],
  audio: [
    { title: 'Distance from the source, dissimilarity in %', of: (p) => p.distance, low: 0, high: 50, ticks: [0, 20, 35, 50], line: 20 },
    { title: 'Likeness of tone colour', of: (p) => p.quality, low: 0.8, high: 1, ticks: [0.8, 0.9, 1] },
  ],
};

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #444c56; }
  .title { font-weight: 600; fill: #1f2328; }
  .axis { stroke: #d0d7de; }
  .line { stroke: #9a6700; stroke-dasharray: 4 3; }
  .real { fill: #0969da; }
  .made { fill: none; stroke: #bc4c00; stroke-width: 1.2; }
  .box { fill: #8c959f; fill-opacity: 0.22; }
  .median { stroke: #1f2328; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1; } .title { fill: #f0f6fc; } .axis { stroke: #3d444d; } .line { stroke: #d29922; }
    .real { fill: #4493f8; } .made { stroke: #f0883e; } .median { stroke: #f0f6fc; }
  }`;

/** The measured variants of one kind as an SVG picture: a dot for each, a box from the first to the third quartile, a bar at the median. */
export function plot(kind: MediaKind, points: readonly Point[]): string {
  const panels = PANELS[kind].map((panel, i) => drawPanel(panel, points, PANEL.left + i * (PANEL.width + PANEL.gap)));
  const legend = [
    `<circle class="real" cx="52" cy="286" r="4"/><text x="62" y="290">files from cameras and programs</text>`,
    `<circle class="made" cx="292" cy="286" r="4"/><text x="302" y="290">computed samples</text>`,
    `<line class="line" x1="442" x2="470" y1="286" y2="286"/><text x="478" y="290">line of matchers or presets</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Distance and quality of variants per strength (${kind})">
<style>${STYLE}
</style>
${[...panels, ...legend].join('\n')}
</svg>
`;
}

function drawPanel(panel: Panel, points: readonly Point[], left: number): string {
  const y = (value: number) =>
    round(PANEL.bottom - ((clamp(value, panel) - panel.low) / (panel.high - panel.low)) * (PANEL.bottom - PANEL.top));
  const right = left + PANEL.width;
  const parts = [`<text class="title" x="${left}" y="18">${panel.title}</text>`];
  for (const tick of panel.ticks) {
    parts.push(`<line class="axis" x1="${left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/>`);
    parts.push(`<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`);
  }
  if (panel.line !== undefined) parts.push(`<line class="line" x1="${left}" x2="${right}" y1="${y(panel.line)}" y2="${y(panel.line)}"/>`);
  const step = PANEL.width / Strength.options.length;
  Strength.options.forEach((strength, column) => {
    const centre = left + step * (column + 0.5);
    const own = points.filter((point) => point.strength === strength && panel.of(point) !== undefined);
    const values = own.map((point) => panel.of(point) as number);
    parts.push(`<text x="${centre}" y="${PANEL.bottom + 18}" text-anchor="middle">${strength}</text>`);
    if (values.length === 0) return;
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => y(quantile(values, share))) as [number, number, number];
    parts.push(`<rect class="box" x="${centre - 34}" y="${high}" width="68" height="${round(low - high)}"/>`);
    own.forEach((point, i) => {
      const x = round(centre + ((((i + 1) * 0.618) % 1) - 0.5) * 60);
      parts.push(`<circle class="${point.isReal ? 'real' : 'made'}" cx="${x}" cy="${y(panel.of(point) as number)}" r="${RADIUS}"/>`);
    });
    parts.push(`<line class="median" x1="${centre - 34}" x2="${centre + 34}" y1="${middle}" y2="${middle}"/>`);
  });
  return parts.join('\n');
}

function clamp(value: number, { low, high }: Panel): number {
  return Math.max(low, Math.min(high, value));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
