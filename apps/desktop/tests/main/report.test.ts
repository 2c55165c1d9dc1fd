import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchId } from '@pingplex/shared/domain';
import { RIGHTS, TEXTS } from '@pingplex/shared/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SaveReportPorts, saveReport } from '../../src/main/batches/index.ts';
import { writePicture } from './helpers/media.ts';
import { isOver, openStudio, type Studio, TestFiles, until } from './helpers/studio.ts';

/** A name that would run in a spreadsheet and break out of a page. */
const HOSTILE = `=HYPERLINK("x") <img src=x onerror=alert(1)> "&'.jpg`;

let root: string;
let output: string;
let studio: Studio;
let ports: SaveReportPorts;
let batchId: BatchId;
let startedAt: number;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-report-'));
  const input = join(root, 'in');
  output = join(root, 'out');
  await Promise.all([input, output, join(root, 'thumbs')].map((dir) => mkdir(dir)));
  const files = new TestFiles();
  await writePicture(join(input, 'plain.jpg'), 1);
  await rename(join(input, 'plain.jpg'), join(input, HOSTILE));
  await writePicture(join(input, 'tiny.png'), 2, 20, 20);
  for (const name of [HOSTILE, 'tiny.png']) await files.add(join(input, name));
  studio = await openStudio(join(root, 'user'), files);
  startedAt = Date.now();
  batchId = await studio.start([{ verb: 'unicalize', variants: 2, seed: 77, minDistance: 250 }], output);
  await until(studio.service, isOver(studio.service, batchId));
  ports = {
    journal: studio.journal,
    appVersion: '9.9.9',
    thumbnails: (path, size) => {
      const temp = { dir: join(root, 'thumbs'), stem: `.pingplex-${Buffer.from(path).toString('hex').slice(-40)}` };
      return studio.engine.run({ verb: 'thumbnail', path, size, temp });
    },
  };
});
afterAll(async () => {
  await studio?.close();
  await rm(root, { recursive: true, force: true });
});

/** The cells of a CSV file by RFC 4180. */
function cells(csv: string): string[][] {
  const rows: string[][] = [];
  for (const line of csv.replace('\uFEFF', '').trimEnd().split('\r\n')) {
    rows.push(
      [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/gu)].map(([, cell = '']) => cell.replace(/^"|"$/gu, '').replaceAll('""', '"')),
    );
  }
  return rows;
}

describe('row 41: the report about a batch', () => {
  it('row 41: as HTML it stands alone, in both languages, with pictures, figures, failures and nothing that runs', async () => {
    for (const locale of ['en', 'ru'] as const) {
      const saved = await saveReport(ports, batchId, join(root, `report.${locale}.html`), locale);
      const html = await readFile(saved, 'utf8');
      const { report } = TEXTS[locale];
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toMatch(/<img src=x|<script|https?:/u);
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
      expect(html.match(/src="data:image\/webp;base64,[\w+/=]+"/gu)).toHaveLength(2);
      expect(html.match(/<th scope="col">/gu)).toHaveLength(10);
      for (const text of [
        report.resultsCaption,
        report.failedCaption,
        report.missed.source,
        RIGHTS[locale],
        '77',
        '<dd>out</dd>',
        '9.9.9',
      ]) {
        expect(html, text).toContain(text);
      }
      expect(html).not.toContain(root);
      expect(html).toContain('prefers-color-scheme: dark');
      expect(html).toContain('@media print');
    }
    expect((await readdir(root)).filter((name) => name.startsWith('.pingplex'))).toEqual([]);
  });

  it('row 41: as JSON it holds every figure, the seed, the version and the parameters', async () => {
    const saved = await saveReport(ports, batchId, join(root, 'report.json'), 'en');
    const report = JSON.parse(await readFile(saved, 'utf8'));
    const results = await studio.service.results({ batchId, limit: 10 });
    expect(report).toMatchObject({ report: 'pingplex.batch', version: 1, seeds: [77], targets: { reached: 0, of: 2 } });
    expect(report.results.map((one: { measurements: unknown }) => one.measurements)).toEqual(results.map((one) => one.measurements));
    expect(report.engineVersions).toEqual([results[0]?.measurements.variant?.engineVersion]);
    expect(report.failed).toMatchObject([{ name: 'tiny.png', state: 'failed', error: { code: 'engine.stepNotPossible' } }]);
    expect(JSON.stringify(report)).not.toContain(root);
  });

  it('row 41: as CSV it has a line for each result, and no cell that a spreadsheet would run', async () => {
    const saved = await saveReport(ports, batchId, join(root, 'report.CSV'), 'ru');
    const text = await readFile(saved, 'utf8');
    expect(text.startsWith('\uFEFFsource,result,')).toBe(true);
    const [head = [], ...rows] = cells(text);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const value = Object.fromEntries(head.map((name, i) => [name, row[i]]));
      expect(value['source']).toBe(`'${HOSTILE}`);
      expect(value['targetReached']).toBe('false');
      expect(value['missed']).toContain('source');
      expect(JSON.parse(value['parameters'] ?? '')).toHaveProperty('zoom');
      for (const cell of row) expect(cell).not.toMatch(/^[=+@]/u);
    }
  });

  it('row 41: a name without a known ending becomes HTML, and a batch that is gone says so', async () => {
    expect(await saveReport(ports, batchId, join(root, 'report.v1'), 'en')).toBe(join(root, 'report.v1.html'));
    await expect(saveReport(ports, 'no-such-batch' as BatchId, join(root, 'x.html'), 'en')).rejects.toMatchObject({
      code: 'batch.notFound',
    });
  });
});

it('row 42: the confirmation of rights is kept with the batch: which wording, and when', () => {
  const row = studio.journal.batches.get(batchId);
  expect(row?.rightsVersion).toBe(RIGHTS.version);
  expect(row?.rightsConfirmedAt).toBeGreaterThanOrEqual(startedAt);
});
