import { readFile } from 'node:fs/promises';

let instructions: Promise<string | undefined> | undefined;

/**
 * Options that make libx264 give the same bytes every time. Its AVX-512 code does not: with `mbtree` (on in every good preset) two runs
 * over the same frames differ, with the instruction sets up to AVX2 they are equal, and equal among each other. A set that the processor
 * lacks would crash, so AVX2 is named only where it is known to be there; SSE4.2 is in every processor that the app runs on.
 */
export async function repeatableX264(): Promise<Readonly<Record<string, string>>> {
  instructions ??= instructionSet();
  const asm = await instructions;
  return asm === undefined ? {} : { 'x264-params': `asm=${asm}` };
}

async function instructionSet(): Promise<string | undefined> {
  if (process.arch !== 'x64') return undefined;
  const facts = process.platform === 'linux' ? await readFile('/proc/cpuinfo', 'latin1').catch(() => '') : '';
  return /^flags\s*:.*\bavx2\b/m.test(facts) ? 'AVX2' : 'SSE4.2';
}
