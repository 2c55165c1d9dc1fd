import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { MadeId, type MadePicture } from '@pingplex/shared/contracts/ipc';
import { AppError } from '@pingplex/shared/errors';
import { hashFile, removeQuietly } from '../../output/index.ts';

type MadeFile = {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly width: number;
  readonly height: number;
};

type MadeOptions = {
  /** For example `<userData>/made`. */
  readonly folder: string;
  readonly engine: { run<J extends EngineJob>(job: J): Promise<OutcomeOf<J['verb']>> };
};

/** Older than this, and named by no request, a picture goes at the next start. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** Signature of a PNG, and where its first chunk has width and height. */
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const PNG_WIDTH_AT = 16;

/** Pictures that the app makes for requests: frames of films, painted masks. Each is named by the hash of its bytes. */
export class MadePictures {
  readonly #options: MadeOptions;
  readonly #known = new Map<string, MadeFile>();

  constructor(options: MadeOptions) {
    this.#options = options;
  }

  /** Learns what is there, and takes away what is old and needed by no request. @param needed paths that requests name */
  async start(needed: ReadonlySet<string>, now = Date.now()): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const facts = await stat(path);
      const [id = '', ...label] = name.replace(/\.png$/, '').split(' ');
      const isOld = now - facts.mtimeMs > KEPT_MS && !needed.has(path);
      if (!MadeId.safeParse(id).success || isOld) await rm(path, { force: true, recursive: true });
      else await this.#learn(id, path, `${label.join(' ')}.png`);
    }
  }

  get(id: string): MadeFile | undefined {
    return this.#known.get(id);
  }

  /**
   * Takes the frame that a film shows at a time, at its full size.
   * @throws AppError `file.*`, `engine.*`
   */
  async takeFrame(film: { readonly path: string; readonly name: string }, atMs: number): Promise<MadePicture> {
    const { folder, engine } = this.#options;
    const { file, summary } = await engine.run({
      verb: 'convert',
      path: film.path,
      temp: { dir: folder, stem: `.pingplex-${randomUUID()}` },
      settings: { format: 'png', trimStartMs: Math.round(atMs) },
    });
    const stem = film.name.replace(/\.[^.]*$/, '');
    return await this.#keep(file.tempPath, `${stem} ${(atMs / 1000).toFixed(2)}s`, summary.width ?? 0, summary.height ?? 0);
  }

  /** Keeps a painted mask. @throws AppError `file.unsupported` when the bytes are no PNG */
  async saveMask(base64: string): Promise<MadePicture> {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length < 33 || !bytes.subarray(0, PNG.length).equals(PNG)) throw new AppError('file.unsupported', 'a mask is a PNG');
    const path = join(this.#options.folder, `.pingplex-${randomUUID()}.png`);
    await writeFile(path, bytes, { mode: 0o600 });
    return await this.#keep(path, 'mask', bytes.readUInt32BE(PNG_WIDTH_AT), bytes.readUInt32BE(PNG_WIDTH_AT + 4));
  }

  async #keep(temporary: string, label: string, width: number, height: number): Promise<MadePicture> {
    const { sha256 } = await hashFile(temporary);
    const known = this.#known.get(sha256);
    if (known !== undefined) {
      await removeQuietly(temporary);
      return { id: sha256, name: known.name, width, height };
    }
    // The label is for people who look into the folder; ids lead through the list.
    const name = `${label.replaceAll(/[^\p{L}\p{N} ._-]/gu, '_').slice(0, 60)}.png`;
    const path = join(this.#options.folder, `${sha256} ${name}`);
    await rename(temporary, path);
    await this.#learn(sha256, path, name);
    return { id: sha256, name, width, height };
  }

  async #learn(id: string, path: string, name: string): Promise<void> {
    const facts = await stat(path);
    const handle = await open(path, 'r');
    try {
      const { buffer } = await handle.read(Buffer.alloc(PNG_WIDTH_AT + 8), 0, PNG_WIDTH_AT + 8, 0);
      const [width, height] = [buffer.readUInt32BE(PNG_WIDTH_AT), buffer.readUInt32BE(PNG_WIDTH_AT + 4)];
      this.#known.set(id, { path, name, sizeBytes: facts.size, modifiedAtMs: facts.mtimeMs, width, height });
    } finally {
      await handle.close();
    }
  }
}
