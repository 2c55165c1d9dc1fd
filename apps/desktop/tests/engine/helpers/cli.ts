import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ENGINE } from './context.ts';

export type CliResult = {
  readonly code: number | null;
  readonly lines: Record<string, unknown>[];
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs the command line as a user would: its own process, arguments as they are, no shell. */
export function media(args: readonly string[], cwd: string): Promise<CliResult> {
  return new Promise((fulfil, reject) => {
    const child = spawn(process.execPath, [join(ENGINE, 'cli.ts'), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = stdout.startsWith('{')
        ? stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [];
      fulfil({ code, lines, stdout, stderr });
    });
  });
}

/** Answers by the name that was given on the command line. */
export function byFile(result: CliResult): Map<string, Record<string, unknown>> {
  return new Map(result.lines.map((line) => [String(line['file']), line]));
}

/** The error code of an answer, or `ok`. */
export function codeOf(line: Record<string, unknown> | undefined): string {
  const error = line?.['error'];
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : line ? 'ok' : 'missing';
}
