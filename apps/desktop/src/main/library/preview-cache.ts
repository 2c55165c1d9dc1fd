import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type EngineJob, type OutcomeOf, type TempPlace, WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { CacheView } from '@pingplex/shared/contracts/ipc';
import { STRIP_FRAMES } from '@pingplex/shared/contracts/ipc';
import { ThumbnailQueue } from './thumbnail-queue.ts';

type Runner = <J extends EngineJob>(job: J) => Promise<OutcomeOf<J['verb']>>;
export type CachedFile = { readonly path: string; readonly mime: string; readonly proxy: boolean };

/** Upper bound of what thumbnails and previews may take on disk. */
const MAX_BYTES = 1_000_000_000;
/** A full cache is brought down to this share, so that it isn't tidied up again at once. */
const FULL_SHARE = 0.9;
const KEY_CHARS = 40;
/** Files that are looked at together while the folder is counted. */
const AT_ONCE = 256;
/** So many requests are with the engine; the others can still be dropped. */
const THUMBNAILS_AT_ONCE = 4;
const MIME: Readonly<Record<string, string>> = {
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.m4a': 'audio/mp4',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};
const EXTENSIONS = Object.keys(MIME);

/**
 * Thumbnails and previews on disk, made by the engine when first asked for. The key covers path, size and time of change, so an edited
 * file gets a new picture. The oldest unused ones go when the cache is full.
 */
export class PreviewCache {
  readonly #dir: string;
  readonly #run: Runner;
  readonly #maxBytes: number;
  readonly #underWay = new Map<string, Promise<CachedFile>>();
  readonly #thumbnails = new ThumbnailQueue(THUMBNAILS_AT_ONCE);
  /** What lies there, once it was counted. */
  #bytes: number | null = null;
  /** Extension of each finished picture by its key, once they were counted. */
  #names: Map<string, string> | null = null;
  #pruning: Promise<void> | undefined;

  constructor(dir: string, run: Runner, options: { readonly maxBytes?: number } = {}) {
    this.#dir = dir;
    this.#run = run;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /** @param shownAs id under which `keepOnly` knows it; without one it is made in any case */
  thumbnail(file: string, size: number, shownAs?: string): Promise<CachedFile> {
    if (shownAs !== undefined) this.#thumbnails.touch(shownAs);
    return this.#cached(file, `thumb-${size}`, (temp) => {
      const make = () => this.#run({ verb: 'thumbnail', path: file, size, temp });
      return shownAs === undefined ? make() : this.#thumbnails.run(shownAs, make);
    });
  }

  /** Drops the thumbnails that wait and were not on screen at this moment (milliseconds since the epoch). */
  keepOnly(shown: ReadonlySet<string>, at: number): void {
    this.#thumbnails.keepOnly(shown, at);
  }

  /** Frames of a film in one picture, for the time bar. */
  strip(file: string, size: number): Promise<CachedFile> {
    return this.#cached(file, `strip-${size}-${STRIP_FRAMES}`, (temp) =>
      this.#run({ verb: 'thumbnail', path: file, size, frames: STRIP_FRAMES, temp }),
    );
  }

  preview(file: string): Promise<CachedFile> {
    return this.#cached(file, 'preview', (temp) => this.#run({ verb: 'preview', path: file, temp }));
  }

  /** Shape, and on wish loudness, of a sound. Kept as text that no address leads to. */
  async waveform(file: string, peaks: number, loudness: boolean): Promise<WaveformOutcome> {
    const key = await keyOf(file, `waveform-${peaks}${loudness ? '-loudness' : ''}`);
    const full = path.join(this.#dir, `${key}.json`);
    const kept = await readFile(full, 'utf8').then(
      (text) => parseWaveform(text),
      () => null,
    );
    if (kept !== null) return kept;
    const made = await this.#run({ verb: 'waveform', path: file, peaks, loudness });
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    // Two that draw the same at the same time write aside under names of their own; the last one stays.
    const aside = path.join(this.#dir, `.pingplex-${key}-${randomUUID()}`);
    await writeFile(aside, JSON.stringify(made), { mode: 0o600 });
    await rename(aside, full);
    void this.#grown(full);
    return made;
  }

  /** A finished preview by the name in its address, or null. */
  async byName(name: string): Promise<{ path: string; mime: string } | null> {
    const mime = MIME[path.extname(name)];
    if (mime === undefined || name !== path.basename(name)) return null;
    const full = path.join(this.#dir, name);
    return (await stat(full).catch(() => null)) === null ? null : { path: full, mime };
  }

  /** Size on disk and its bound. */
  async usage(): Promise<CacheView> {
    const entries = await this.#entries();
    this.#bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
    return { bytes: this.#bytes, files: entries.length, maxBytes: this.#maxBytes };
  }

  /** Takes everything away but what is being made now. */
  async clear(): Promise<CacheView> {
    for (const entry of await this.#entries()) if (!entry.isBeingMade) await rm(entry.full, { force: true });
    await this.#remember();
    return await this.usage();
  }

  /** Keeps the cache under its bound and takes leftovers of a killed run away; called at start, and whenever it has grown over it. */
  prune(): Promise<void> {
    this.#pruning ??= this.#prune().finally(() => {
      this.#pruning = undefined;
    });
    return this.#pruning;
  }

  async #prune(): Promise<void> {
    const entries = (await this.#entries()).sort((a, b) => b.usedAt - a.usedAt);
    const whole = entries.reduce((sum, one) => sum + one.bytes, 0);
    const bound = whole > this.#maxBytes ? this.#maxBytes * FULL_SHARE : this.#maxBytes;
    let total = 0;
    for (const entry of entries) {
      const isLeftover = path.basename(entry.full).startsWith('.pingplex-') && !entry.isBeingMade;
      if (isLeftover || (total + entry.bytes > bound && !entry.isBeingMade)) await rm(entry.full, { force: true });
      else total += entry.bytes;
    }
    this.#bytes = total;
    await this.#remember();
  }

  async #remember(): Promise<void> {
    const names = new Map<string, string>();
    for (const name of await readdir(this.#dir).catch(() => [])) {
      const ext = path.extname(name);
      if (ext in MIME && !name.startsWith('.')) names.set(path.basename(name, ext), ext);
    }
    this.#names = names;
  }

  async #entries(): Promise<{ full: string; bytes: number; usedAt: number; isBeingMade: boolean }[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const entries: { full: string; bytes: number; usedAt: number; isBeingMade: boolean }[] = [];
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const portion = names.slice(from, from + AT_ONCE).map(async (name) => {
        const full = path.join(this.#dir, name);
        const info = await stat(full).catch(() => null);
        const isBeingMade = this.#underWay.has(name.replace(/^\.pingplex-/, '').slice(0, KEY_CHARS));
        return { full, bytes: info?.size ?? 0, usedAt: info?.atimeMs ?? 0, isBeingMade };
      });
      entries.push(...(await Promise.all(portion)));
    }
    return entries;
  }

  /** Counts what was just written; a cache that is over its bound is tidied up behind the scenes. */
  async #grown(full: string): Promise<void> {
    const size = (await stat(full).catch(() => null))?.size ?? 0;
    // Tidying that is under way may have looked before this one was there.
    await this.#pruning;
    if (this.#bytes === null) return;
    this.#bytes += size;
    if (this.#bytes > this.#maxBytes) await this.prune();
  }

  async #cached(
    file: string,
    what: string,
    make: (temp: TempPlace) => Promise<{ path: string; mime: string; proxy?: boolean }>,
  ): Promise<CachedFile> {
    const key = await keyOf(file, what);
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const work = this.#find(key).then((found) => found ?? this.#make(key, make));
    this.#underWay.set(key, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #find(key: string): Promise<CachedFile | null> {
    // Once the folder was counted, what lies there is known: asking the disk for every extension costs main more than anything else here.
    if (this.#names !== null && !this.#names.has(key)) return null;
    for (const ext of EXTENSIONS) {
      if (this.#names !== null && this.#names.get(key) !== ext) continue;
      const full = path.join(this.#dir, key + ext);
      const now = new Date();
      const isThere = await utimes(full, now, now).then(
        () => true,
        () => false,
      );
      if (isThere) return { path: full, mime: MIME[ext] ?? '', proxy: true };
    }
    return null;
  }

  async #make(key: string, make: (temp: TempPlace) => Promise<{ path: string; mime: string; proxy?: boolean }>): Promise<CachedFile> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const made = await make({ dir: this.#dir, stem: `.pingplex-${key}` });
    const ext = path.extname(made.path);
    const full = path.join(this.#dir, key + ext);
    await rename(made.path, full);
    this.#names?.set(key, ext);
    void this.#grown(full);
    return { path: full, mime: made.mime, proxy: made.proxy ?? true };
  }
}

/** Name under which `what` of this version of a file is kept. */
async function keyOf(file: string, what: string): Promise<string> {
  const info = await stat(file);
  return createHash('sha256').update(`${file}\0${info.size}\0${info.mtimeMs}\0${what}`).digest('hex').slice(0, KEY_CHARS);
}

/** @returns null when the text is not what was written: cut short, or of another version */
function parseWaveform(text: string): WaveformOutcome | null {
  try {
    return WaveformOutcome.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
