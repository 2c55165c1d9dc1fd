import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { InspectOutcome } from '@pingplex/shared/contracts/engine';
import type { ExportProgress, ExportReport } from '@pingplex/shared/contracts/ipc';
import type { ExportFormat, MediaFileId } from '@pingplex/shared/domain';
import { AppError, toAppError } from '@pingplex/shared/errors';
import { EXPORTERS, type Exporter, type Inspected } from '@pingplex/shared/metadata';
import { outputError, removeQuietly, TEMP_PREFIX, withLockRetries, writeAside } from '../../output/index.ts';

export type MetadataExportOptions = {
  /** Files at the same time: as many as the engine has workers. */
  readonly width: number;
  /** Where a file lies, and how its name is shown in the export. */
  readonly find: (id: MediaFileId) => { readonly path: string; readonly shown: string } | undefined;
  readonly inspect: (file: string, signal: AbortSignal) => Promise<InspectOutcome>;
  readonly display: (full: string) => string;
  readonly onProgress: (progress: ExportProgress) => void;
};

/** Text is handed to the disk in pieces of this size. */
const PIECE_CHARACTERS = 256 * 1024;
const PROGRESS_MS = 100;

/** Does `work` on the items, `width` at once, and yields the answers in the items' order. Holds no more than `width` answers. */
async function* inOrder<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  const rest = items.values();
  const begin = () => {
    const next = rest.next();
    if (next.done) return;
    const answer = work(next.value);
    // Awaited in its turn; until then its failure is nobody's news.
    answer.catch(() => undefined);
    running.push(answer);
  };
  for (let n = 0; n < width; n += 1) begin();
  for (let first = running.shift(); first !== undefined; first = running.shift()) {
    yield await first;
    begin();
  }
}

async function* piecesOf(exporter: Exporter, items: AsyncIterable<Inspected>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = exporter.head;
  let count = 0;
  for await (const item of items) {
    text += exporter.item(item, count);
    count += 1;
    if (text.length < PIECE_CHARACTERS) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(text + exporter.tail);
}

/** Writes what is inside of many files into one, in the memory that a few of them need. */
export class MetadataExport {
  readonly #options: MetadataExportOptions;
  #running: AbortController | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: MetadataExportOptions) {
    this.#options = options;
  }

  /** Ends the running export; nothing of it stays. @returns false when none runs */
  stop(): boolean {
    this.#running?.abort(new DOMException('stopped', 'AbortError'));
    return this.#running !== undefined;
  }

  /** Ends the running export and waits until nothing of it is left on the disk. */
  async close(): Promise<void> {
    this.stop();
    await this.#ended;
  }

  /**
   * Inspects the files one by one and writes the answers. The file has its name only when it is whole.
   * @param target absolute path that the user chose; the form's ending is added when it is missing
   * @throws AppError request.busy while another export runs, output.nameTaken when the name with the added ending is taken, output.*
   */
  async save(ids: readonly MediaFileId[], format: ExportFormat, target: string): Promise<ExportReport> {
    if (this.#running) throw new AppError('request.busy', 'another export is running');
    const abort = new AbortController();
    const full = this.#withEnding(target, EXPORTERS[format].ext);
    this.#running = abort;
    const writing = this.#write(ids, format, full, abort.signal);
    this.#ended = writing.catch(() => undefined);
    try {
      return await writing;
    } finally {
      this.#running = undefined;
    }
  }

  /** The dialog asked about the name as it was typed; one that it didn't see must not be replaced. */
  #withEnding(target: string, ext: string): string {
    if (path.extname(target).toLowerCase() === `.${ext}`) return target;
    const full = `${target}.${ext}`;
    if (existsSync(full)) throw new AppError('output.nameTaken', `${full} is there already`, { params: { count: 1 } });
    return full;
  }

  async #write(ids: readonly MediaFileId[], format: ExportFormat, target: string, signal: AbortSignal): Promise<ExportReport> {
    const exporter = EXPORTERS[format];
    const place = { dir: path.dirname(target), stem: `${TEMP_PREFIX}export-${randomBytes(6).toString('hex')}` };
    const counts = { done: 0, failed: 0 };
    const answers = this.#inspections(ids, signal, counts);
    const report = { files: ids.length, displayPath: this.#options.display(target) };
    let written: string | undefined;
    try {
      written = (await writeAside(place, 1, exporter.ext, piecesOf(exporter, answers))).path;
      signal.throwIfAborted();
      const aside = written;
      await withLockRetries(() => rename(aside, target));
      return { state: 'saved', ...report, failed: counts.failed };
    } catch (thrown) {
      if (written !== undefined) await removeQuietly(written);
      if (signal.aborted) return { state: 'stopped', ...report, failed: counts.failed };
      throw outputError(thrown, 'saving metadata');
    }
  }

  async *#inspections(
    ids: readonly MediaFileId[],
    signal: AbortSignal,
    counts: { done: number; failed: number },
  ): AsyncGenerator<Inspected> {
    let told = 0;
    for await (const item of inOrder(ids, this.#options.width, (id) => this.#inspect(id, signal))) {
      counts.done += 1;
      if ('error' in item) counts.failed += 1;
      const now = performance.now();
      if (now - told >= PROGRESS_MS || counts.done === ids.length) {
        told = now;
        this.#options.onProgress({ done: counts.done, total: ids.length });
      }
      yield item;
    }
  }

  async #inspect(id: MediaFileId, signal: AbortSignal): Promise<Inspected> {
    signal.throwIfAborted();
    const file = this.#options.find(id);
    if (file === undefined) return { file: id, error: new AppError('file.notFound', 'no longer in the workspace').toData() };
    try {
      return { file: file.shown, outcome: await this.#options.inspect(file.path, signal) };
    } catch (thrown) {
      signal.throwIfAborted();
      return { file: file.shown, error: toAppError(thrown).toData() };
    }
  }
}
