import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { InspectOutcome, OutcomeOf } from '@pingplex/shared/contracts/engine';
import type { AddReport, IpcEvents, LibraryPage, MediaFileView } from '@pingplex/shared/contracts/ipc';
import { FORMATS, type MediaFileId } from '@pingplex/shared/domain';
import { AppError, toAppError } from '@pingplex/shared/errors';
import { shortenHome } from './display-path.ts';
import { InspectQueue } from './inspect-queue.ts';
import { type FoundFile, scan } from './scan.ts';

/** A media file as main knows it: the view plus the path, which never leaves main. */
export type MediaFile = { readonly path: string; readonly root: string; view: MediaFileView };

export type LibraryOptions = {
  readonly homeDir: string;
  /** Quick or full inspection by the engine. */
  readonly inspect: (path: string, depth: 'quick' | 'full') => Promise<OutcomeOf<'inspect'>>;
  readonly onChange: (patch: IpcEvents['library.changed']) => void;
  /** Told once per finished inspection of a file; feeds the usage counts of signed-in users. */
  readonly onInspected?: (file: MediaFileView) => void;
  /** Quick inspections that are with the engine at once. */
  readonly inspectAtOnce?: number;
};

/** How many refused files a report names; the rest is counted. */
const REFUSED_SHOWN = 200;
/** How many files a report names by id. */
const IDS_SHOWN = 1000;
const PATCH_MS = 70;
/** For changes of rows that are not on screen. */
const UNSEEN_PATCH_MS = 300;
/** Rows in one patch: more would hold the window's thread up while they are unpacked. */
const PATCH_ROWS = 400;
/** Enough that no worker waits for the next file. */
const INSPECT_AT_ONCE = 8;

/**
 * The registry of picked media files: id ⇄ path. Ids live as long as the app runs; nothing else may turn an id into a path.
 */
export class Library {
  readonly #options: LibraryOptions;
  readonly #files = new Map<MediaFileId, MediaFile>();
  readonly #byPath = new Map<string, MediaFileId>();
  readonly #changed = new Set<MediaFileId>();
  readonly #removed = new Set<MediaFileId>();
  readonly #queue: InspectQueue;
  #rev = 0;
  #order = 0;
  #timer: NodeJS.Timeout | undefined;
  #patchAt = 0;
  /** Rows that a patch has told of. */
  readonly #told = new Set<MediaFileId>();

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#queue = new InspectQueue(options.inspectAtOnce ?? INSPECT_AT_ONCE, (id) => this.#inspectQuick(id));
  }

  /** The file behind an id, or undefined. */
  get(id: string): MediaFile | undefined {
    return this.#files.get(id as MediaFileId);
  }

  /** Every file, in the order of adding. */
  all(): Iterable<MediaFile> {
    return this.#files.values();
  }

  /** @throws AppError `file.notFound` when the id is unknown */
  need(id: string): MediaFile {
    const file = this.get(id);
    if (file === undefined) throw new AppError('file.notFound', 'no media file with this id in the workspace');
    return file;
  }

  page(offset: number, limit: number): LibraryPage {
    const files: MediaFileView[] = [];
    let index = 0;
    for (const file of this.#files.values()) {
      if (index >= offset && files.length < limit) files.push(file.view);
      index++;
    }
    const next = offset + files.length < this.#files.size ? offset + files.length : null;
    return { rev: this.#rev, files, total: this.#files.size, next };
  }

  /** Adds files and folders. Rows appear at once as `reading`; the quick inspection fills them in. */
  async add(paths: readonly string[]): Promise<AddReport> {
    let added = 0;
    let alreadyThere = 0;
    let refusedTotal = 0;
    const refused: AddReport['refused'][number][] = [];
    const ids: MediaFileId[] = [];
    for await (const portion of scan(paths)) {
      for (const found of portion.found) {
        const known = this.#byPath.get(found.path);
        if (known !== undefined) {
          alreadyThere++;
          this.#lookAgain(known, found);
          if (ids.length < IDS_SHOWN) ids.push(known);
        } else {
          const id = this.#register(found);
          if (ids.length < IDS_SHOWN) ids.push(id);
          added++;
        }
      }
      refusedTotal += portion.refused.length;
      refused.push(...portion.refused.slice(0, Math.max(0, REFUSED_SHOWN - refused.length)));
    }
    return { added, alreadyThere, ids, refused, refusedTotal };
  }

  remove(ids: readonly MediaFileId[]): number {
    let removed = 0;
    for (const id of ids) {
      const file = this.#files.get(id);
      if (file === undefined) continue;
      this.#files.delete(id);
      this.#byPath.delete(file.path);
      this.#changed.delete(id);
      this.#queue.remove(id);
      this.#removed.add(id);
      removed++;
    }
    this.#schedule();
    return removed;
  }

  /** Says which files are on screen: they are read before the others. */
  show(ids: readonly MediaFileId[]): void {
    this.#queue.show(ids);
  }

  /** Quick facts about a file that needn't be in the workspace, a result for example. */
  look(file: string): Promise<InspectOutcome> {
    return this.#options.inspect(file, 'quick');
  }

  /** Everything that can be read out of one file. */
  async inspectFull(id: MediaFileId): Promise<InspectOutcome> {
    const file = this.need(id);
    try {
      const outcome = await this.#options.inspect(file.path, 'full');
      this.#apply(id, outcome);
      return outcome;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'file.notFound') this.#update(id, { state: 'missing', error: error.toData() });
      throw error;
    }
  }

  #register(found: FoundFile): MediaFileId {
    const id = randomBytes(12).toString('base64url') as MediaFileId;
    const folder = path.dirname(found.path);
    const view: MediaFileView = {
      id,
      name: path.basename(found.path),
      folder: shortenHome(folder, this.#options.homeDir),
      sizeBytes: found.sizeBytes,
      modifiedAt: found.modifiedAtMs,
      order: this.#order++,
      kind: FORMATS[found.format].kind,
      format: found.format,
      state: 'reading',
      summary: null,
      flags: [],
      damaged: false,
      nameMismatch: false,
      error: null,
    };
    this.#files.set(id, { path: found.path, root: found.root, view });
    this.#byPath.set(found.path, id);
    this.#touch(id);
    this.#queue.add(id);
    return id;
  }

  /** A file that is added again after it was changed (or came back) is read anew; runs refuse one that isn't what its row says. */
  #lookAgain(id: MediaFileId, found: FoundFile): void {
    const view = this.#files.get(id)?.view;
    if (view === undefined) return;
    const isSame = view.sizeBytes === found.sizeBytes && view.modifiedAt === found.modifiedAtMs;
    if (isSame && view.state !== 'missing') return;
    this.#update(id, { state: 'reading', sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAtMs, error: null });
    this.#queue.add(id);
  }

  async #inspectQuick(id: MediaFileId): Promise<void> {
    const file = this.#files.get(id)?.path;
    if (file === undefined) return;
    try {
      this.#apply(id, await this.#options.inspect(file, 'quick'));
      const view = this.#files.get(id)?.view;
      if (view) this.#options.onInspected?.(view);
    } catch (thrown) {
      const error = toAppError(thrown);
      const gone = error.code === 'file.notFound' && (await stat(file).catch(() => null)) === null;
      this.#update(id, { state: gone ? 'missing' : 'failed', error: error.toData() });
    }
  }

  #apply(id: MediaFileId, outcome: InspectOutcome): void {
    this.#update(id, {
      state: 'ready',
      kind: outcome.kind,
      format: outcome.format,
      sizeBytes: outcome.sizeBytes,
      summary: outcome.summary,
      flags: outcome.privacy.map((flag) => flag.code),
      damaged: outcome.damaged,
      nameMismatch: outcome.nameMismatch,
      error: null,
    });
  }

  #update(id: MediaFileId, change: Partial<MediaFileView>): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    file.view = { ...file.view, ...change };
    this.#touch(id);
  }

  #touch(id: MediaFileId): void {
    this.#changed.add(id);
    // A row that is new may have to be shown; of one that was told already, main knows whether anybody sees it.
    this.#schedule(!this.#told.has(id) || this.#queue.isShown(id) ? PATCH_MS : UNSEEN_PATCH_MS);
  }

  /** Patches are gathered: a window that redraws more often than that shows nothing more. An earlier moment takes the place of a later one. */
  #schedule(delayMs = PATCH_MS): void {
    const at = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#patchAt <= at) return;
    clearTimeout(this.#timer);
    this.#patchAt = at;
    this.#timer = setTimeout(() => this.#patch(), delayMs);
  }

  #patch(): void {
    this.#timer = undefined;
    const upserts: MediaFileView[] = [];
    for (const id of this.#changed) {
      if (upserts.length >= PATCH_ROWS) break;
      this.#changed.delete(id);
      this.#told.add(id);
      const view = this.#files.get(id)?.view;
      if (view !== undefined) upserts.push(view);
    }
    const removed = [...this.#removed];
    for (const id of removed) this.#told.delete(id);
    this.#removed.clear();
    this.#rev++;
    this.#options.onChange({ rev: this.#rev, upserts, removed });
    if (this.#changed.size > 0) this.#schedule();
  }
}
