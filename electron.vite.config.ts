// Builds into out/ what Electron runs: main, the engine process and its translator's thread, with the command line as entries
// of one build; the preload script (CommonJS, because a sandboxed preload script can be nothing else); and the renderer,
// which the browser shell serves as well.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import { emitPart, IMAGE_PARTS } from './engine/cpu/index.ts';
import { imageFile } from './engine/service/interpreter-image.ts';

/** Puts the interpreter's image beside the engine. */
const interpreterImage = (): Plugin => ({
  name: 'interpreter-image',
  generateBundle() {
    for (const part of IMAGE_PARTS) this.emitFile({ type: 'asset', fileName: imageFile(part), source: emitPart(part) });
  },
});

export default defineConfig({
  main: {
    plugins: [interpreterImage()],
    build: {
      // Loaded from node_modules at run time, as when the engine runs from source.
      // All but zod, whose many files take longer to find than to run.
      externalizeDeps: { include: ['@xterm/addon-serialize'], exclude: ['zod'] },
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: 'main/electron/main.ts',
          engine: 'engine/service/process.ts',
          translator: 'engine/service/translator-thread.ts',
          cellblock: 'engine/cli/main.ts',
        },
        // Beside the entries: modules find others from where they are.
        output: { chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: { input: { index: 'preload/index.ts' }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [svelte()],
    // Nothing inlined: the page's policy lets fonts come from files of our own origin only.
    build: { outDir: 'out/renderer', assetsInlineLimit: 0, rollupOptions: { input: 'renderer/index.html' } },
  },
});
