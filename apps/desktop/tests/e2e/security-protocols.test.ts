import { randomBytes } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeMedia } from '../../samples/encode.ts';
import { launchApp, type RunningApp, temporaryFolder } from '../driver/launch.ts';
import { writePicture } from '../main/helpers/media.ts';
import { filesRead } from './security-kit.ts';

const SECONDS = 90;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningApp;
let ids: Readonly<Record<string, string>>;
let filmBytes: number;

/** A film that compresses badly, so that a player can't have fetched it whole before it seeks. */
function writeFilm(output: string): void {
  const [width, height] = [160, 96];
  const noise = randomBytes(width * height * 3 * 2);
  encodeMedia({
    output,
    container: 'webm',
    video: {
      encoder: 'libvpx',
      options: { deadline: 'realtime', 'cpu-used': '8', g: '8' },
      bitrate: '3M',
      width,
      height,
      framesPerSecond: 8,
      frameCount: SECONDS * 8,
      frame: (index) => noise.subarray((index * 3001) % (width * height * 3), ((index * 3001) % (width * height * 3)) + width * height * 3),
    },
  });
}

beforeAll(async () => {
  folder = await temporaryFolder('protocols');
  const media = path.join(folder.path, 'media');
  await mkdir(media, { recursive: true });
  writeFilm(path.join(media, 'long.webm'));
  filmBytes = (await stat(path.join(media, 'long.webm'))).size;
  await writePicture(path.join(media, 'one.jpg'), 1);
  await writePicture(path.join(media, 'leaves.jpg'), 2);
  running = await launchApp({ userData: path.join(folder.path, 'data'), openWith: [media] });
  const files = await filesRead(running.window, 3);
  ids = Object.fromEntries(files.map(({ name, id }) => [name, id]));
});

afterAll(async () => {
  await running?.close();
  await folder?.done();
});

type Seen = { readonly status: number; readonly headers: Record<string, string>; readonly bytes: number };

/** Asks the app's own handlers as its session sees them. */
function ask(url: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<Seen | string> {
  return running.app.evaluate(
    async ({ session }, [address, options]) => {
      try {
        const answer = await session.defaultSession.fetch(address, options);
        const bytes = (await answer.arrayBuffer()).byteLength;
        return { status: answer.status, headers: Object.fromEntries(answer.headers), bytes };
      } catch (error) {
        return String(error);
      }
    },
    [url, init] as const,
  );
}

describe('app://', () => {
  test('row 2: the page and its files are served with a fixed type and the policy', async () => {
    const page = await ask('app://pingplex/index.html');
    expect(page).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    const policy = typeof page === 'string' ? '' : (page.headers['content-security-policy'] ?? '');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
  });

  test.each([
    'app://pingplex/../package.json',
    'app://pingplex/%2e%2e/%2e%2e/package.json',
    'app://pingplex/..%2f..%2fpackage.json',
    'app://pingplex/..%5c..%5cpackage.json',
    'app://pingplex/%2e%2e%2fmain%2findex.js',
    'app://pingplex/assets/..%2f..%2fmain%2findex.js',
    'app://pingplex//etc/hosts',
    'app://pingplex/assets',
    'app://pingplex/index.html%00.js',
    'app://pingplex/%zz.js',
    'app://other/index.html',
    'app://pingplex.evil/index.html',
  ])('row 2: %s is refused', async (url) => {
    expect(await ask(url)).toMatchObject({ status: 404, bytes: 0 });
  });

  test('row 2: only GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect(await ask('app://pingplex/index.html', { method })).toMatchObject({ status: 405, bytes: 0 });
    }
    expect(await ask('app://pingplex/index.html', { method: 'HEAD' })).toMatchObject({ status: 200, bytes: 0 });
  });

  test('row 2: file: is refused to page, frame and picture', async () => {
    const refused = await running.window.evaluate<string[]>(`Promise.all([
      fetch('file:///etc/hosts').then(() => 'read', () => 'refused'),
      new Promise((resolve) => { const image = new Image(); image.onload = () => resolve('read'); image.onerror = () => resolve('refused'); image.src = 'file://${folder.path}/media/one.jpg'; }),
    ])`);
    expect(refused).toEqual(['refused', 'refused']);
    const whole = await running.app.evaluate(async ({ BrowserWindow }) => {
      const bare = new BrowserWindow({ show: false });
      const said = await bare.loadURL('file:///etc/hosts').then(
        () => 'loaded',
        (error: Error) => error.message,
      );
      bare.destroy();
      return said;
    });
    expect(whole).toContain('ERR_BLOCKED_BY_CLIENT');
  });
});

describe('media://', () => {
  test('row 3: ranges are answered with exactly the bytes asked for', async () => {
    const url = `media://file/${ids['long.webm']}`;
    expect(await ask(url, { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'accept-ranges': 'bytes', 'content-length': String(filmBytes), 'content-type': 'video/webm' },
    });
    expect(await ask(url, { headers: { range: 'bytes=100-299' } })).toMatchObject({
      status: 206,
      bytes: 200,
      headers: { 'content-range': `bytes 100-299/${filmBytes}`, 'content-length': '200' },
    });
    expect(await ask(url, { headers: { range: 'bytes=-50' } })).toMatchObject({
      status: 206,
      bytes: 50,
      headers: { 'content-range': `bytes ${filmBytes - 50}-${filmBytes - 1}/${filmBytes}` },
    });
    expect(await ask(url, { headers: { range: `bytes=${filmBytes - 10}-` } })).toMatchObject({ status: 206, bytes: 10 });
    expect(await ask(url, { headers: { range: `bytes=${filmBytes}-` } })).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${filmBytes}` },
    });
    expect(await ask(url)).toMatchObject({ status: 200, bytes: filmBytes });
  });

  test('row 3: what is no id of ours is not found', async () => {
    const id = ids['one.jpg'] ?? '';
    for (const url of [
      'media://file/AAAAAAAAAAAAAAAA',
      `media://file/${id}x`,
      `media://file/${id}/../${id}x`,
      'media://file/..%2f..%2fetc%2fhosts',
      'media://file/%2fetc%2fhosts',
      'media://file//etc/hosts',
      `media://nothing/${id}`,
      `media://constructor/${id}`,
      'media://preview/settings.json',
      'media://preview/..%2fsettings.json',
      'media://result/00000000-0000-0000-0000-000000000000',
    ]) {
      expect(await ask(url), url).toMatchObject({ status: 404, bytes: 0 });
    }
    expect(await ask(`media://file/${id}`, { method: 'POST' })).toMatchObject({ status: 405 });
  });

  test('row 3: a file that has gone is not found, and comes back with its file', async () => {
    const file = path.join(folder.path, 'media', 'leaves.jpg');
    const url = `media://file/${ids['leaves.jpg']}`;
    await rename(file, `${file}.away`);
    expect(await ask(url)).toMatchObject({ status: 404 });
    await rename(`${file}.away`, file);
    expect(await ask(url)).toMatchObject({ status: 200 });
  });

  test('row 3: a long video can be sought, and two play at once', async () => {
    const seek = `(async () => {
      const open = (to) => new Promise((resolve, reject) => {
        const video = document.createElement('video');
        video.muted = true;
        video.preload = 'metadata';
        video.onerror = () => reject(new Error(video.error.message));
        video.onloadedmetadata = () => { video.currentTime = to; };
        video.onseeked = () => resolve(video);
        video.src = 'media://file/${ids['long.webm']}';
        document.body.append(video);
      });
      const videos = await Promise.all([open(${SECONDS - 10}), open(${SECONDS / 2})]);
      const at = videos.map((video) => Math.round(video.currentTime));
      await Promise.all(videos.map(async (video) => {
        const from = video.currentTime;
        await video.play();
        await new Promise((resolve) => { video.ontimeupdate = () => { if (video.currentTime > from + 0.3) resolve(); }; });
      }));
      const lengths = videos.map((video) => Math.round(video.duration));
      for (const video of videos) { video.pause(); video.removeAttribute('src'); video.load(); video.remove(); }
      return { at, lengths };
    })()`;
    expect(await running.window.evaluate(seek)).toEqual({ at: [SECONDS - 10, SECONDS / 2], lengths: [SECONDS, SECONDS] });
  });

  test('row 3: thumbnails come from the engine, and a picture shows', async () => {
    expect(await ask(`media://thumb/${ids['one.jpg']}`)).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } });
    const shown = await running.window.evaluate(
      `new Promise((resolve) => { const image = new Image(); image.onload = () => resolve(image.naturalWidth > 0); image.onerror = () => resolve(false); image.src = 'media://file/${ids['one.jpg']}'; })`,
    );
    expect(shown).toBe(true);
  });
});
