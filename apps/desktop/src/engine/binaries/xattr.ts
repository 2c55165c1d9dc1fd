import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What the file system has noted about a file, beside its content: name and bytes. */
export type FileAttribute = { readonly name: string; readonly value: Buffer };

/** Only what says where a file came from is read; others may be large, and belong to the system. */
const WANTED = /^(?:user\.xdg\.(?:origin\.url|referrer\.url|origin\.email\.\w+|publisher)|user\.mime_type|user\.comment)$/u;
const MACOS_WANTED = ['com.apple.metadata:kMDItemWhereFroms', 'com.apple.quarantine', 'com.apple.metadata:kMDItemFinderComment'] as const;
const PERL = '/usr/bin/perl';
/** Numbers of listxattr and getxattr in the kernel's tables (`asm/unistd_64.h`, `asm-generic/unistd.h`). */
const CALLS: Readonly<Record<string, readonly [list: number, get: number]>> = { x64: [194, 191], arm64: [11, 8] };
const ANSWER_MS = 3000;
const MAX_VALUE_BYTES = 64 * 1024;

/**
 * Node has no call for extended attributes. ExifTool needs Perl anyway, and Perl can make system calls, so one quiet Perl process
 * answers for all files: a path as hexadecimal digits per line in, `name=value` pairs in hexadecimal digits per line out. A disk that
 * knows no attributes (error 95) has none.
 */
const SCRIPT = `$| = 1; my ($list, $get) = map { 0 + $_ } @ARGV; @ARGV = ();
while (defined(my $line = <STDIN>)) {
  chomp $line; my $path = pack('H*', $line) . "\\0"; my @out;
  my $names = "\\0" x 65536; my $length = syscall($list, $path, $names, 65536);
  if ($length < 0) { print $! == 95 ? "\\n" : "!\\n"; next }
  for my $name (split /\\0/, substr($names, 0, $length)) {
    next unless $name =~ /^user\\./;
    my $key = $name . "\\0"; my $value = "\\0" x ${MAX_VALUE_BYTES};
    my $bytes = syscall($get, $path, $key, $value, ${MAX_VALUE_BYTES});
    push @out, unpack('H*', $name) . '=' . unpack('H*', substr($value, 0, $bytes)) if $bytes >= 0;
  }
  print join(' ', @out), "\\n";
}`;

type Waiting = { readonly done: (line: string | undefined) => void; readonly timer: NodeJS.Timeout };

/** Answers come in the order of the questions. */
class PerlReader {
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  #text = '';
  isDead = false;

  constructor(calls: readonly [number, number]) {
    this.#child = spawn(PERL, ['-e', SCRIPT, String(calls[0]), String(calls[1])], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { LANG: 'C' },
    });
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    this.#child.on('error', () => this.#fail()).on('close', () => this.#fail());
    this.#child.stdin?.on('error', () => this.#fail());
    this.#idle();
  }

  /** One line about a file; undefined when there is no answer. */
  ask(path: string): Promise<string | undefined> {
    if (this.isDead) return Promise.resolve(undefined);
    return new Promise((done) => {
      const timer = setTimeout(() => this.#fail(), ANSWER_MS);
      this.#waiting.push({ done, timer });
      this.#child.stdin?.write(`${Buffer.from(path).toString('hex')}\n`);
    });
  }

  #take(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      this.#answer(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 1);
    }
  }

  #answer(line: string | undefined): void {
    const first = this.#waiting.shift();
    if (!first) return;
    clearTimeout(first.timer);
    first.done(line);
  }

  #fail(): void {
    this.isDead = true;
    this.#child.kill('SIGKILL');
    while (this.#waiting.length > 0) this.#answer(undefined);
  }

  /** The process must not keep ours alive: its input ends with us, and so does it. Waiting questions keep us alive by their timers. */
  #idle(): void {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout])
      if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}

let reader: PerlReader | undefined;

async function onLinux(path: string): Promise<FileAttribute[] | undefined> {
  const calls = CALLS[process.arch];
  if (calls === undefined || !existsSync(PERL)) return undefined;
  if (reader === undefined || reader.isDead) reader = new PerlReader(calls);
  const line = await reader.ask(path);
  if (line === undefined || line === '!') return undefined;
  return line
    .split(' ')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=').map((hex) => Buffer.from(hex, 'hex')))
    .map(([name, value]) => ({ name: name?.toString('utf8') ?? '', value: value ?? Buffer.alloc(0) }))
    .filter(({ name }) => WANTED.test(name));
}

/** macOS brings a program for it. */
async function onMac(path: string): Promise<FileAttribute[] | undefined> {
  const run = promisify(execFile);
  const xattr = (args: readonly string[]) => run('/usr/bin/xattr', [...args, path], { timeout: ANSWER_MS, env: {} });
  try {
    const names = new Set((await xattr([])).stdout.split('\n'));
    return await Promise.all(
      MACOS_WANTED.filter((name) => names.has(name)).map(async (name) => {
        const { stdout } = await xattr(['-p', '-x', name]);
        return { name, value: Buffer.from(stdout.replace(/\s+/gu, ''), 'hex') };
      }),
    );
  } catch {
    return undefined;
  }
}

/** On NTFS the mark is a second stream of the file, which opens under the file's name. */
async function onWindows(path: string): Promise<FileAttribute[] | undefined> {
  try {
    return [{ name: 'Zone.Identifier', value: (await readFile(`${path}:Zone.Identifier`)).subarray(0, MAX_VALUE_BYTES) }];
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT' ? [] : undefined;
  }
}

/**
 * Attributes of a file that say where it came from.
 * @param path absolute path
 * @returns undefined where they can't be read: no Perl on Linux, a processor whose call numbers we don't know, a disk without them
 */
export async function readFileAttributes(path: string): Promise<FileAttribute[] | undefined> {
  if (process.platform === 'linux') return await onLinux(path);
  if (process.platform === 'darwin') return await onMac(path);
  return process.platform === 'win32' ? await onWindows(path) : undefined;
}
