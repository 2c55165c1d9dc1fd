import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { ExifTool, type WriteTags } from 'exiftool-vendored';
import sharp, { type Sharp } from 'sharp';
import { type DevelopOptions, develop, type Picture } from './picture.ts';

/** Values for ExifTool by `Group:Name`; a list becomes repeated values. */
export type Metadata = Readonly<Record<string, string | number | readonly string[]>>;

/** Size of a rendered picture in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Eight-bit RGB. */
export interface Print extends Size {
  readonly pixels: Uint8Array;
}

/** What the makers of files share: the size of pictures, finished prints, ExifTool. */
export class Studio {
  /** Share of the full size at which pictures and clips are made, 0 to 1. */
  readonly scale: number;
  readonly #prints = new Map<string, Print>();
  #tool: ExifTool | undefined;

  constructor(scale: number) {
    this.scale = scale;
  }

  /** Scaled size, always even. */
  size(width: number, height: number): Size {
    const even = (value: number): number => Math.max(16, Math.round((value * this.scale) / 2) * 2);
    return { width: even(width), height: even(height) };
  }

  /** Seconds of sound or film at this scale. */
  seconds(full: number): number {
    return this.scale < 0.5 ? Math.min(full, 1.2) : full;
  }

  /** Renders and develops a scene once per name. */
  print(
    name: string,
    width: number,
    height: number,
    render: (width: number, height: number) => Picture,
    options: DevelopOptions = {},
  ): Print {
    const size = this.size(width, height);
    const key = `${name} ${size.width}x${size.height}`;
    const known = this.#prints.get(key);
    if (known !== undefined) return known;
    const print: Print = { ...size, pixels: develop(render(size.width, size.height), options) };
    this.#prints.set(key, print);
    return print;
  }

  /** Forgets finished prints, which are large. */
  clear(): void {
    this.#prints.clear();
  }

  /** Writes metadata into a file in place; `files` gives tags whose value is the content of another file. */
  async tag(path: string, metadata: Metadata, files: Readonly<Record<string, Buffer>> = {}): Promise<void> {
    this.#tool ??= new ExifTool({ maxProcs: 1, taskTimeoutMillis: 60_000 });
    const scratch: string[] = [];
    const fromFiles: string[] = [];
    for (const [tag, content] of Object.entries(files)) {
      const file = `${path}.${scratch.length}.bin`;
      await writeFile(file, content);
      scratch.push(file);
      fromFiles.push(`-${tag}<=${file}`);
    }
    try {
      await this.#tool.write(path, metadata as WriteTags, { writeArgs: ['-overwrite_original', '-codedcharacterset=utf8', ...fromFiles] });
    } finally {
      for (const file of scratch) await rm(file, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.#tool?.end();
  }
}

/** A print as input of sharp. */
export function openPrint(print: Print): Sharp {
  return sharp(print.pixels, { raw: { width: print.width, height: print.height, channels: 3 } });
}

/** JPEG of at most `edge` pixels, for thumbnails and covers. */
export function smallJpeg(print: Print, edge: number, isSquare = false): Promise<Buffer> {
  const fitted = isSquare ? openPrint(print).resize(edge, edge, { fit: 'cover' }) : openPrint(print).resize(edge, edge, { fit: 'inside' });
  return fitted.jpeg({ quality: 82 }).toBuffer();
}

/** Makes a file under a temporary name in the same folder and renames it, so that a file with its final name is always whole. */
export async function finishFile(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.making-${process.pid}-${Buffer.from(basename(path)).toString('hex').slice(-24)}${extname(path)}`);
  try {
    await make(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
