import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InspectOutcome } from '@pingplex/shared/contracts/engine';
import { MediaFileId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetadataExport, type MetadataExportOptions } from '../../src/main/library/metadata-export.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'pingplex-export-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const idOf = (n: number) => MediaFileId.parse(`file-${String(n).padStart(6, '0')}`);
const ids = (count: number) => Array.from({ length: count }, (_, n) => idOf(n));

function outcome(file: string): InspectOutcome {
  return {
    kind: 'image',
    format: 'jpeg',
    sizeBytes: 1,
    nameMismatch: false,
    damaged: false,
    summary: {},
    tags: [{ key: 'IFD0:ImageDescription', value: file, source: 'exiftool' }],
    privacy: [],
    notes: [],
  };
}

function exporter(more: Partial<MetadataExportOptions> = {}): MetadataExport {
  return new MetadataExport({
    width: 3,
    find: (id) => ({ path: `/media/${id}`, shown: `~/${id}` }),
    inspect: (file) => Promise.resolve(outcome(file)),
    display: (full) => full,
    onProgress: () => undefined,
    ...more,
  });
}

describe('row 25: export of metadata', () => {
  it('row 25: keeps the order of the files, names the ones that failed, and looks at a few at a time', async () => {
    let running = 0;
    let most = 0;
    const progress: number[] = [];
    const target = path.join(dir, 'all.ndjson');
    const report = await exporter({
      inspect: async (file) => {
        running += 1;
        most = Math.max(most, running);
        // Later ones are ready first.
        for (let turns = 5 - (Number(file.slice(-1)) % 5); turns > 0; turns -= 1) await Promise.resolve();
        running -= 1;
        if (file.endsWith('7')) throw new AppError('file.damaged', 'no');
        return outcome(file);
      },
      onProgress: ({ done }) => progress.push(done),
    }).save(ids(40), 'ndjson', target);
    expect(report).toEqual({ state: 'saved', files: 40, failed: 4, displayPath: target });
    const lines = (await readFile(target, 'utf8')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { file: string; error?: { code: string } });
    expect(records.map(({ file }) => file)).toEqual(ids(40).map((id) => `~/${id}`));
    expect(records.filter(({ error }) => error?.code === 'file.damaged')).toHaveLength(4);
    expect(most).toBeLessThanOrEqual(3);
    expect(progress.at(-1)).toBe(40);
    expect(await readdir(dir)).toEqual(['all.ndjson']);
  });

  it('row 25: stopped in the middle it leaves the old file as it was, nothing half-written, and can begin again', async () => {
    const target = path.join(dir, 'all.json');
    await writeFile(target, 'mine');
    const reached = Promise.withResolvers<void>();
    let isSlow = true;
    const exports = exporter({
      inspect: (file, signal) => {
        if (!isSlow || !file.endsWith('20')) return Promise.resolve(outcome(file));
        reached.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
    });
    const running = exports.save(ids(100), 'json', target);
    await reached.promise;
    await expect(exports.save(ids(1), 'json', path.join(dir, 'other.json'))).rejects.toMatchObject({ code: 'request.busy' });
    // As when the app is quit.
    await exports.close();
    expect(await running).toMatchObject({ state: 'stopped' });
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await readdir(dir)).toEqual(['all.json']);
    expect(exports.stop()).toBe(false);
    isSlow = false;
    expect(await exports.save(ids(100), 'json', target)).toMatchObject({ state: 'saved' });
    expect(JSON.parse(await readFile(target, 'utf8'))).toHaveLength(100);
  });

  it('row 25: a name without its ending gets it, but never takes the place of a file that nobody was asked about', async () => {
    await exporter().save(ids(2), 'csv', path.join(dir, 'holiday'));
    expect(await readdir(dir)).toEqual(['holiday.csv']);
    await expect(exporter().save(ids(2), 'csv', path.join(dir, 'holiday'))).rejects.toMatchObject({ code: 'output.nameTaken' });
    await expect(exporter().save(ids(2), 'csv', path.join(dir, 'gone', 'x.csv'))).rejects.toMatchObject({ code: 'output.folderMissing' });
    expect(await readdir(dir)).toEqual(['holiday.csv']);
  });
});
