import path from 'node:path';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

/**
 * Native add-ons stay outside the bundles: they are found in node_modules at run time. Everything else, our TypeScript
 * workspace `@pingplex/shared` included, is bundled.
 */
const native = ['electron', /^electron\//, /^keytar/, /^@github\/keytar/, /^libsql/, /^@libsql\//];

const here = import.meta.dirname;
/** The oldest run-time that we test on (Electron 33): Node 20.18 and Chromium 130. */
const nodeTarget = 'node20.18';
const chromeTarget = 'chrome130';

export default defineConfig({
  main: {
    build: {
      target: nodeTarget,
      outDir: path.join(here, 'out/main'),
      externalizeDeps: false,
      rolldownOptions: { external: native, input: { index: path.join(here, 'src/main/index.ts') } },
    },
  },
  preload: {
    build: {
      target: nodeTarget,
      outDir: path.join(here, 'out/preload'),
      externalizeDeps: false,
      // A sandboxed preload is CommonJS; the package is ESM, so the extension must say it.
      rolldownOptions: {
        external: native,
        input: { index: path.join(here, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: path.join(here, 'src/renderer'),
    plugins: [react(), tailwind()],
    build: {
      target: chromeTarget,
      outDir: path.join(here, 'out/renderer'),
      // The content security policy allows fonts and scripts as files only.
      assetsInlineLimit: 0,
      minify: true,
      emptyOutDir: true,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { index: path.join(here, 'src/renderer/index.html') } },
    },
  },
});
