import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { CLIPS } from './clips.ts';
import { IMAGES } from './images.ts';
import type { SampleFile } from './sample.ts';
import { finishFile, Studio } from './studio.ts';
import { TRACKS } from './tracks.ts';

export type { SampleFile } from './sample.ts';

export interface MakeSamplesOptions {
  /** Only these formats; all by default. */
  readonly only?: readonly MediaFormat[];
  /** Pictures at a fifth of the size and clips of about a second, for tests. */
  readonly isSmall?: boolean;
  /** Make files again that are there already. */
  readonly isForced?: boolean;
  /** Told of every file when it is ready. */
  readonly onFile?: (file: SampleFile, isNew: boolean) => void;
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size > 0;
}

/**
 * Makes the sample media in `dir`: the same files each time. Files that are there already stay as they are, since a file
 * only gets its name when it is whole.
 */
export async function makeSamples(dir: string, options: MakeSamplesOptions = {}): Promise<SampleFile[]> {
  const { only, isSmall = false, isForced = false, onFile } = options;
  const root = resolve(dir);
  const studio = new Studio(isSmall ? 0.2 : 1);
  const files: SampleFile[] = [];
  try {
    for (const recipe of [...IMAGES, ...CLIPS, ...TRACKS]) {
      if (only !== undefined && !only.includes(recipe.format)) continue;
      const path = join(root, ...recipe.name.split('/'));
      const file: SampleFile = { path, format: recipe.format, kind: FORMATS[recipe.format].kind, what: recipe.what };
      const isNew = isForced || !(await isThere(path));
      if (isNew) {
        await mkdir(dirname(path), { recursive: true });
        await finishFile(path, (temporary) => recipe.make(temporary, studio));
      }
      files.push(file);
      onFile?.(file, isNew);
    }
  } finally {
    studio.clear();
    await studio.close();
  }
  return files;
}

const FORMAT_NAMES = Object.keys(FORMATS) as MediaFormat[];
const VIDEO = FORMAT_NAMES.filter((format) => FORMATS[format].kind === 'video');

const HELP = `Makes the sample media: pictures, clips and sound with real metadata, all computed here.

Usage: make-samples [--output DIR] [--only FORMATS] [--small] [--force]

  --output DIR     where to put them (default: samples/ in the repository)
  --only FORMATS   formats separated by commas: ${Object.keys(FORMATS).join(', ')}
  --small          small pictures and short clips, for tests
  --force          make files again that are there already
  --help           this text
`;

function parseFormats(text: string | undefined): MediaFormat[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !Object.hasOwn(FORMATS, name));
  if (unknown.length > 0) throw new TypeError(`unknown format: ${unknown.join(', ')}`);
  return names as MediaFormat[];
}

/** The command line; answers the exit code: 0 well, 1 failed, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  let options: MakeSamplesOptions;
  let output: string;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        output: { type: 'string' },
        only: { type: 'string' },
        small: { type: 'boolean' },
        force: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      process.stdout.write(HELP);
      return 0;
    }
    const only = parseFormats(values.only);
    output = resolve(values.output ?? join(import.meta.dirname, '..', '..', '..', 'samples'));
    options = { isSmall: values.small === true, isForced: values.force === true, ...(only === undefined ? {} : { only }) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${HELP}`);
    return 2;
  }
  try {
    // Drawing is work for one core: a second process draws the clips while this one makes everything else.
    const clips =
      options.only === undefined
        ? spawn(process.execPath, [import.meta.filename, ...args, '--only', VIDEO.join(',')], { stdio: 'inherit' })
        : undefined;
    const clipsEnd = clips === undefined ? undefined : once(clips, 'close');
    if (clips !== undefined) options = { ...options, only: FORMAT_NAMES.filter((format) => !VIDEO.includes(format)) };
    const files = await makeSamples(output, {
      ...options,
      onFile: (file, isNew) => process.stdout.write(`${isNew ? 'made' : 'kept'}  ${file.format.padEnd(5)} ${file.path}  ${file.what}\n`),
    });
    process.stdout.write(`${files.length} files in ${output}\n`);
    return clipsEnd !== undefined && (await clipsEnd)[0] !== 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
