import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { WasmReader } from '@contentauth/c2pa-wasm';

/**
 * A part of an open file that looks like a `Blob` to the C2PA library. The library asks for pieces of up to
 * 256 MB and takes it for the end of the file when it gets less than it asked for.
 */
class FilePart {
  readonly file: number;
  readonly start: number;
  readonly size: number;

  constructor(file: number, start: number, size: number) {
    this.file = file;
    this.start = start;
    this.size = size;
  }

  slice(from = 0, to = this.size): FilePart {
    const start = Math.min(Math.max(0, from), this.size);
    return new FilePart(this.file, this.start + start, Math.max(0, Math.min(to, this.size) - start));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.file, bytes, filled, bytes.length - filled, this.start + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes;
  }
}

/** What a browser's worker offers for reading a `Blob`; the library calls it by this name. */
class FileReaderSync {
  readAsArrayBuffer(part: FilePart): ArrayBuffer {
    return part.bytes().buffer;
  }
}

/** Nothing is fetched: no manifests that stand elsewhere, no revocation lists. The library's own list of allowed hosts is empty too. */
const SETTINGS = JSON.stringify({
  core: { allowed_network_hosts: [] },
  verify: { remote_manifest_fetch: false, ocsp_fetch: false },
});

type Library = { readonly WasmReader: typeof WasmReader };
let library: Promise<Library> | undefined;

async function load(): Promise<Library> {
  const { initSync, WasmReader: reader } = await import('@contentauth/c2pa-wasm');
  const code = await readFile(createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm'));
  Object.assign(globalThis, { FileReaderSync });
  initSync({ module: code });
  return { WasmReader: reader };
}

/** The library throws its own error type's text, such as `C2pa(JumbfNotFound)`. */
const NOTHING_THERE = /JumbfNotFound/;

/**
 * Reads and checks the C2PA manifest store that stands in a file, without any network.
 * @param mime type of the content; the library doesn't guess
 * @returns the library's report as JSON (https://opensource.contentauthenticity.org/docs/manifest/json-ref/), or undefined when the
 *   file holds no manifest store
 * @throws Error when the store can't be read
 */
export async function readManifestStore(path: string, mime: string, sizeBytes: number): Promise<string | undefined> {
  library ??= load();
  const { WasmReader: readers } = await library;
  const file = openSync(path, 'r');
  try {
    // The library only ever calls `size` and `slice`, and hands the slice to `FileReaderSync`.
    const reader = await readers.fromBlob(mime, new FilePart(file, 0, sizeBytes) as unknown as Blob, SETTINGS);
    try {
      return reader.json();
    } finally {
      reader.free();
    }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (NOTHING_THERE.test(message)) return undefined;
    throw new Error(`the C2PA manifest store can't be read: ${message}`, { cause: thrown });
  } finally {
    closeSync(file);
  }
}
