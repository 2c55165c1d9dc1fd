import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;
const repository = path.join(here, '../../../../..');
/** Media of the workplace, when it is there; the preview shows kinds instead of pictures when it isn't. */
const media = path.join(repository, '../shared/media');
const PICTURES = [
  'sharp/Landscape_1.jpg',
  'c2pa-rs/C.jpg',
  'pdq/aaa-orig.jpg',
  'c2pa-rs/IMG_0003.jpg',
  'sharp/Portrait_3.jpg',
  'exifr/IMG_20180725_163423-tiny.jpg',
  'libavif/apple_gainmap_new.jpg',
];

/** Serves the double before the app's own script, and media under /double/. */
function double(): Plugin {
  return {
    name: 'pingplex-double',
    transformIndexHtml: () => [
      { tag: 'script', attrs: { type: 'module', src: `/@fs${path.join(here, 'install.ts')}` }, injectTo: 'head-prepend' },
    ],
    configureServer(server) {
      server.middlewares.use('/double', (request, response) => {
        const [, kind, id = ''] = (request.url ?? '').split('/');
        const n = Number(/\d+$/.exec(id)?.[0] ?? 0);
        const file =
          kind === 'video' ? 'node-av/video.mp4' : kind === 'audio' ? 'node-av/audio.wav' : (PICTURES[n % PICTURES.length] ?? '');
        const full = path.join(media, file);
        if (!existsSync(full)) {
          response.writeHead(404).end();
          return;
        }
        response.writeHead(200, { 'content-type': kind === 'video' ? 'video/mp4' : kind === 'audio' ? 'audio/wav' : 'image/jpeg' });
        createReadStream(full).pipe(response);
      });
    },
  };
}

export default defineConfig({
  root: path.join(here, '../../../src/renderer'),
  plugins: [double(), react(), tailwind()],
  server: { port: 4399, strictPort: true, fs: { allow: [repository] } },
});
