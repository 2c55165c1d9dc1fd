import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type EngineJob, type OutcomeOf, type TempPlace, WaveformOutcome } from '@pingplex/shared/contracts/engine';

type Runner = <J extends EngineJob>(job: J) => Promise<OutcomeOf<J['verb']>>;
export type CachedFile = { readonly path: string; readonly mime: string; readonly proxy: boolean };

/** Upper bound of what thumbnails and previews may take on disk. */
const MAX_BYTES = 1_000_000_000;
const KEY_CHARS = 40;
const MIME: Readonly<Record<string, string>> = {
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.m4a': 'audio/mp4',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};

/**
 * Thumbnails and previews on disk, made by the engine when first asked for. The key covers path, size and time of change, so an edited
 * file gets a new picture. The oldest unused ones go when the cache is full.
 */
export class PreviewCache {
  readonly #dir: string;
  readonly #run: Runner;
  readonly #underWay = new Map<string, Promise<CachedFile>>();

  constructor(dir: string, run: Runner) {
    this.#dir = dir;
    this.#run = run;
  }

  thumbnail(file: string, size: number): Promise<CachedFile> {
    return this.#cached(file, `thumb-${size}`, (temp) => this.#run({ verb: 'thumbnail', path: file, size, temp }));
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
    return made;
  }

  /** A finished preview by the name in its address, or null. */
  async byName(name: string): Promise<{ path: string; mime: string } | null> {
    const mime = MIME[path.extname(name)];
    if (mime === undefined || name !== path.basename(name)) return null;
    const full = path.join(this.#dir, name);
    return (await stat(full).catch(() => null)) === null ? null : { path: full, mime };
  }

  /** Keeps the cache under its bound; called at start. */
  async prune(): Promise<void> {
    const names = await readdir(this.#dir).catch(() => []);
    const entries = await Promise.all(
      names.map(async (name) => {
        const full = path.join(this.#dir, name);
        const info = await stat(full).catch(() => null);
        const isBeingMade = this.#underWay.has(name.replace(/^\.pingplex-/, '').slice(0, KEY_CHARS));
        return { full, bytes: info?.size ?? 0, usedAt: info?.atimeMs ?? 0, leftover: name.startsWith('.pingplex-') && !isBeingMade };
      }),
    );
    let total = 0;
    for (const entry of entries.sort((a, b) => b.usedAt - a.usedAt)) {
      total += entry.bytes;
      if (entry.leftover || total > MAX_BYTES) await rm(entry.full, { force: true });
    }
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
    for (const [ext, mime] of Object.entries(MIME)) {
      const full = path.join(this.#dir, key + ext);
      const info = await stat(full).catch(() => null);
      if (info === null) continue;
      await utimes(full, new Date(), info.mtime).catch(() => undefined);
      return { path: full, mime, proxy: true };
    }
    return null;
  }

  async #make(key: string, make: (temp: TempPlace) => Promise<{ path: string; mime: string; proxy?: boolean }>): Promise<CachedFile> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const made = await make({ dir: this.#dir, stem: `.pingplex-${key}` });
    const full = path.join(this.#dir, key + path.extname(made.path));
    await rename(made.path, full);
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
