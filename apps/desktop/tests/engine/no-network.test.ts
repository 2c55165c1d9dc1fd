import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInput } from '../../src/engine/binaries/av.ts';
import { ENGINE, tempFolder } from './helpers/context.ts';
import { pngChunk } from './helpers/hostile-files.ts';
import { type MadeMedia, makeMedia } from './helpers/media.ts';

/** Who called, and what with. */
const calls: string[] = [];
const tcp = createServer((socket) => {
  calls.push('tcp');
  socket.destroy();
});
const udp = createSocket('udp4', () => calls.push('udp'));

const dir = await tempFolder();
const out = join(dir, 'out');
let port = 0;
let good: MadeMedia;
let files: string[];

/** Replaces the data reference of a QuickTime film ("the data is in this file") by an address, and makes the boxes around it longer. */
function pointElsewhere(film: Buffer, url: string): Buffer {
  const dref = film.indexOf('dref');
  const entry = dref + 12;
  const old = film.readUInt32BE(entry);
  const fresh = Buffer.concat([Buffer.alloc(12), Buffer.from(`${url}\0`, 'latin1')]);
  fresh.writeUInt32BE(fresh.length, 0);
  fresh.write('url ', 4, 'latin1');
  const longer = Buffer.concat([film.subarray(0, entry), fresh, film.subarray(entry + old)]);
  for (const name of ['dref', 'dinf', 'minf', 'mdia', 'trak', 'moov']) {
    const at = longer.lastIndexOf(name, dref) - 4;
    longer.writeUInt32BE(longer.readUInt32BE(at) + fresh.length - old, at);
  }
  return longer;
}

beforeAll(async () => {
  await new Promise<void>((ready) => tcp.listen(0, '127.0.0.1', ready));
  const address = tcp.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise<void>((ready) => udp.bind(port, '127.0.0.1', ready));
  await mkdir(out);
  good = await makeMedia(await tempFolder());
  const url = `http://127.0.0.1:${port}/x`;
  const png = await readFile(good.png);
  const link = `XML:com.adobe.xmp\0\0\0\0\0<!DOCTYPE x SYSTEM "${url}.dtd" [<!ENTITY e SYSTEM "${url}.xml">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&e;</x:xmpmeta>`;
  const contents: Record<string, Buffer | string> = {
    'playlist.mp4': `#EXTM3U\n#EXTINF:1,\n${url}.ts\n`,
    'concat.mkv': `ffconcat version 1.0\nfile '${url}.mp4'\n`,
    'session.avi': `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video ${port} RTP/AVP 96\r\n`,
    'dash.mp4': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${url}</BaseURL></MPD>`,
    'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${url}.png"/></svg>`,
    'drawing.png': `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="${url}.png"/></svg>`,
    'elsewhere.mov': pointElsewhere(await readFile(good.mov), url),
    'linked.png': Buffer.concat([png.subarray(0, 33), pngChunk('iTXt', Buffer.from(link, 'latin1')), png.subarray(33)]),
  };
  for (const [name, content] of Object.entries(contents)) await writeFile(join(dir, name), content);
  files = Object.keys(contents).map((name) => join(dir, name));
});
afterAll(async () => {
  await new Promise<void>((closed) => udp.close(closed));
  await new Promise((closed) => tcp.close(closed));
});

const VERBS = [
  ['inspect', '--full'],
  ['thumbnail', '--out', out],
  ['preview', '--out', out],
  ['clean', '--out', out],
  ['waveform'],
  ['verify'],
];
const engine = (args: readonly string[]) => [join(ENGINE, 'cli.ts'), ...args, '--', ...files];

/** Runs a program to its end. @returns what it wrote to standard output */
async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  return said;
}

describe('the engine and its tools call nobody', () => {
  it('the listener hears who does call', async () => {
    await fetch(`http://127.0.0.1:${port}/x`).catch(() => undefined);
    await new Promise<void>((sent) => createSocket('udp4').send('x', port, '127.0.0.1', () => sent()));
    await expect.poll(() => [...calls].sort()).toEqual(['tcp', 'udp']);
    calls.length = 0;
  });

  it.each(VERBS.map((args) => [args[0], args] as const))(
    '%s: files that point to the network are read without following',
    async (_verb, args) => {
      const said = await run(process.execPath, engine(args));
      expect(said.trimEnd().split('\n').length).toBeGreaterThanOrEqual(files.length);
      expect(calls).toEqual([]);
    },
  );

  it('FFmpeg itself is held to local files and to the formats that we handle, whatever a file says', async () => {
    for (const path of files) {
      for (const format of ['mp4', 'mkv', 'avi', 'mp3', 'ogg'] as const) {
        const opened = await openInput(path, format).catch(() => undefined);
        await opened?.close();
      }
    }
    expect(calls).toEqual([]);
  });

  it.runIf(spawnSync('strace', ['-V']).status === 0)(
    'the system is asked for no Internet socket, by the engine or by ExifTool',
    async () => {
      const trace = join(dir, 'trace.txt');
      await run('strace', [
        '-f',
        '-qq',
        '-e',
        'trace=socket,connect,sendto',
        '-o',
        trace,
        process.execPath,
        ...engine(['inspect', '--full']),
      ]);
      const lines = (await readFile(trace, 'utf8')).split('\n');
      expect(lines.filter((line) => /AF_INET/.test(line))).toEqual([]);
      expect(lines.length).toBeGreaterThan(1);
    },
  );
});
