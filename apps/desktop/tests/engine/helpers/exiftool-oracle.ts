import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { exiftoolPath } from 'exiftool-vendored';

const run = promisify(execFile);

/** Asks ExifTool itself, one process per file: what everything else is measured against. */
export async function askExifTool(path: string, args: readonly string[] = []): Promise<Record<string, unknown>> {
  const { stdout } = await run(await exiftoolPath(), ['-j', '-G1', '-a', ...args, path], { maxBuffer: 64 * 1024 * 1024 });
  const [first] = JSON.parse(stdout) as Record<string, unknown>[];
  return first ?? {};
}
