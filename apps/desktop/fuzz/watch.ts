import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** Linux tells about every process; elsewhere nothing is known and nothing is claimed. */
const isKnown = process.platform === 'linux';
/** Lowest two bits of the flags in fdinfo: how a file was opened. */
const ACCESS_MODE = 0b11;

/** Largest resident memory that a process has had so far, in bytes; 0 when it is gone. */
async function peakOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024;
}

/** Regular files outside of `root` that a process has open for writing. */
async function writesOutside(pid: number, root: string): Promise<string[]> {
  const found: string[] = [];
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    if (!target.startsWith('/') || target.startsWith('/dev/') || target.startsWith(root + path.sep)) continue;
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    const flags = Number.parseInt(/flags:\s+(\d+)/.exec(info)?.[1] ?? '0', 8);
    if ((flags & ACCESS_MODE) !== 0) found.push(target);
  }
  return found;
}

/** Sockets of a process that belong to the Internet: none may ever be there. */
async function internetSockets(pid: number): Promise<string[]> {
  const own = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))?.[1];
    if (inode !== undefined) own.add(inode);
  }
  if (own.size === 0) return [];
  const found: string[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const lines = (await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const columns = line.trim().split(/\s+/);
      if (own.has(columns[9] ?? '')) found.push(`${table} ${columns[1]} ${columns[2]}`);
    }
  }
  return found;
}

/** Children and theirs: ExifTool runs as a child of a worker. */
async function family(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(children.map(family))).flat()];
}

/** What is seen of the engine's processes while they work. */
export class ProcessWatch {
  peakBytes = 0;
  looks = 0;
  readonly outside = new Set<string>();
  readonly sockets = new Set<string>();
  readonly #root: string;
  readonly #pids: () => readonly number[];

  constructor(root: string, pids: () => readonly number[]) {
    this.#root = root;
    this.#pids = pids;
  }

  async look(): Promise<void> {
    if (!isKnown) return;
    for (const pid of (await Promise.all(this.#pids().map(family))).flat()) {
      this.peakBytes = Math.max(this.peakBytes, await peakOf(pid));
      for (const file of await writesOutside(pid, this.#root)) this.outside.add(file);
      for (const socket of await internetSockets(pid)) this.sockets.add(socket);
    }
    this.looks += 1;
  }
}
