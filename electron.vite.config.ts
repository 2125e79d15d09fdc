// Builds what Electron runs into out/: main, the engine process and its translator's thread (three entries of one build), the preload script (CommonJS, because a
// sandboxed preload script can be nothing else), and the renderer, which the browser shell serves as well.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  main: {
    build: {
      // Loaded from node_modules at run time, as when the engine runs from source.
      externalizeDeps: { include: ['@xterm/addon-serialize'] },
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: 'main/electron/main.ts',
          engine: 'engine/service/process.ts',
          translator: 'engine/service/translator-thread.ts',
        },
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
