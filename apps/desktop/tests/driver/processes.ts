import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export type ProcessFacts = { readonly pid: number; readonly parent: number; readonly command: string };

const run = promisify(execFile);
const BUFFER = { maxBuffer: 64 * 1024 * 1024 } as const;

/** Every process of this machine that lives; one that has ended and only waits for its parent to notice doesn't count. */
export async function processes(): Promise<readonly ProcessFacts[]> {
  if (process.platform === 'win32') return await windowsProcesses();
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], BUFFER);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state?.startsWith('Z') === true
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
}

async function windowsProcesses(): Promise<readonly ProcessFacts[]> {
  const ask = 'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CommandLine | ConvertTo-Json -Compress';
  const { stdout } = await run('powershell', ['-NoProfile', '-Command', ask], BUFFER);
  const rows = JSON.parse(stdout) as readonly { ProcessId: number; ParentProcessId: number; CommandLine: string | null }[];
  return rows.map((row) => ({ pid: row.ProcessId, parent: row.ParentProcessId, command: row.CommandLine ?? '' }));
}

/** Everything that a process started, and what that started in turn. */
export async function descendants(pid: number): Promise<readonly ProcessFacts[]> {
  const all = await processes();
  const found: ProcessFacts[] = [];
  const waiting = [pid];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const one of all) {
      if (one.parent !== parent || one.pid === pid) continue;
      found.push(one);
      waiting.push(one.pid);
    }
  }
  return found;
}

/** Those of the processes that still live; a number that another program got meanwhile doesn't count. */
export async function stillAlive(known: readonly ProcessFacts[]): Promise<readonly ProcessFacts[]> {
  const commands = new Map((await processes()).map((one) => [one.pid, one.command]));
  return known.filter((one) => commands.get(one.pid) === one.command);
}
