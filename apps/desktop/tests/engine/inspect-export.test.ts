import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { codeOf, media } from './helpers/cli.ts';
import { tempFolder } from './helpers/context.ts';
import { picture } from './helpers/media.ts';

let dir: string;

beforeAll(async () => {
  dir = await tempFolder();
  await picture().jpeg().toFile(join(dir, 'a.jpg'));
  await copyFile(join(dir, 'a.jpg'), join(dir, 'b.jpg'));
  await writeTags(
    ['-IFD0:Artist=Ada', '-IFD0:Model=Z 6', '-XMP-dc:Title==HYPERLINK("http://x")', '-GPSLatitude=-12.5', '-GPSLatitudeRef=S'],
    join(dir, 'a.jpg'),
  );
  await writeTags(['-IFD0:Artist=Grace', '-IFD0:Model=Z 6', '-IFD0:Software=+cmd|1'], join(dir, 'b.jpg'));
});
afterAll(endExifTool);

/** Lines of a CSV file as cells; as strict as RFC 4180. */
function cells(csv: string): string[][] {
  const rows: string[][] = [];
  for (const line of csv.replace(/^\uFEFF/, '').matchAll(/((?:"(?:[^"]|"")*"|[^"\r\n])*)\r\n/g)) {
    const row = [...(line[1] ?? '').matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
    rows.push(row.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
  }
  return rows;
}

describe('row 24: two files compared', () => {
  it('row 24: only what differs is told', async () => {
    const { code, lines } = await media(['diff', 'a.jpg', 'b.jpg'], dir);
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    const [line] = lines;
    expect(line).toMatchObject({
      file: 'a.jpg',
      other: 'b.jpg',
      changed: { 'IFD0:Artist': ['Ada', 'Grace'] },
      onlyInFile: { 'XMP-dc:Title': '=HYPERLINK("http://x")', 'GPS:GPSLatitudeRef': 'South' },
      onlyInOther: { 'IFD0:Software': '+cmd|1' },
    });
    const told = JSON.stringify([line?.['changed'], line?.['onlyInFile'], line?.['onlyInOther']]);
    for (const key of ['IFD0:Model', 'File:ImageWidth', 'System:FileName']) expect(told).not.toContain(key);
    expect(line?.['same']).toBeGreaterThan(5);
    const self = await media(['diff', 'a.jpg', 'a.jpg'], dir);
    expect(self.lines[0]).toMatchObject({ changed: {}, onlyInFile: {}, onlyInOther: {} });
  });

  it('row 24: a file that can’t be read is told, and wants two files', async () => {
    const result = await media(['diff', 'a.jpg', 'gone.jpg'], dir);
    expect(result.code).toBe(1);
    expect(result.lines.map(codeOf)).toEqual(['file.notFound']);
    expect((await media(['diff', 'a.jpg'], dir)).code).toBe(2);
  });
});

describe('row 25: export', () => {
  const files = ['a.jpg', 'b.jpg', 'gone.jpg'];

  it('row 25: NDJSON and JSON hold the same, one object per file, failures in place', async () => {
    const [ndjson, json] = [
      await media(['inspect', '--format', 'ndjson', ...files], dir),
      await media(['inspect', '--format', 'json', ...files], dir),
    ];
    expect([ndjson.code, json.code]).toEqual([1, 1]);
    const array = JSON.parse(json.stdout) as Record<string, unknown>[];
    const byName = (list: Record<string, unknown>[]) => list.toSorted((a, b) => String(a['file']).localeCompare(String(b['file'])));
    expect(byName(array).map((one) => [one['file'], codeOf(one)])).toEqual(byName(ndjson.lines).map((one) => [one['file'], codeOf(one)]));
    expect(byName(array)[0]).toMatchObject({
      tags: { 'IFD0:Artist': 'Ada' },
      sources: { 'IFD0:Artist': 'exiftool' },
      summary: { artist: 'Ada' },
    });
  });

  it('row 25: CSV has a line per value or per file, and no cell is taken for a formula', async () => {
    const { stdout } = await media(['inspect', '--format', 'csv', ...files], dir);
    const rows = cells(stdout);
    expect(rows[0]).toEqual(['file', 'tag', 'value', 'raw', 'source']);
    expect(rows.every((row) => row.length === 5)).toBe(true);
    const row = (file: string, tag: string) => rows.find((one) => one[0] === file && one[1] === tag);
    expect(row('a.jpg', 'XMP-dc:Title')?.[2]).toBe(`'=HYPERLINK("http://x")`);
    expect(row('b.jpg', 'IFD0:Software')?.[2]).toBe(`'+cmd|1`);
    expect(row('a.jpg', 'Composite:GPSLatitude')?.[3]).toBe('-12.5');
    expect(row('gone.jpg', 'error')?.[2]).toBe('file.notFound');
    const summary = cells((await media(['inspect', '--format', 'summary', ...files], dir)).stdout);
    expect(summary).toHaveLength(4);
    expect(new Set(summary.map((one) => one.length)).size).toBe(1);
    const column = (name: string) => summary[0]?.indexOf(name) ?? -1;
    const a = summary.find((one) => one[0] === 'a.jpg');
    expect([a?.[column('width')], a?.[column('artist')], a?.[column('title')]]).toEqual(['96', 'Ada', `'=HYPERLINK("http://x")`]);
    expect(a?.[column('privacy')]).toContain('personName');
    expect(summary.find((one) => one[0] === 'gone.jpg')?.[column('error')]).toContain('file.notFound');
  });

  it('row 25: a lone failure is an array of one, and a wrong form is refused', async () => {
    expect(JSON.parse((await media(['inspect', '--format', 'json', 'gone.jpg'], dir)).stdout)).toHaveLength(1);
    expect((await media(['inspect', '--format', 'xml', 'a.jpg'], dir)).code).toBe(2);
  });
});
