// Builds into out/ what Electron runs: main; the engine process, its translator's thread and the command line, which are small
// entries, and scripts with the programs themselves (engine/entry/load.ts says why); the preload script (CommonJS, because a
// sandboxed preload script can be nothing else); and the renderer, which the browser shell serves as well.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'vite';
import type { Plugin, Rolldown } from 'vite';
import { emitPart, IMAGE_PARTS } from './engine/cpu/index.ts';
import { SCRIPT_PARAMETERS, scriptFile, SCRIPTS } from './engine/entry/load.ts';
import { imageFile } from './engine/service/interpreter-image.ts';

/** Puts the interpreter's image beside the engine. */
const interpreterImage = (): Plugin => ({
  name: 'interpreter-image',
  generateBundle() {
    for (const part of IMAGE_PARTS) this.emitFile({ type: 'asset', fileName: imageFile(part), source: emitPart(part) });
  },
});

/** Each of the engine's programs as one script. */
const scripts = (): Plugin => ({
  name: 'scripts',
  async generateBundle() {
    for (const name of SCRIPTS) {
      const result = await build({
        configFile: false,
        root: import.meta.dirname,
        logLevel: 'error',
        // Packages as well: what a script requires, it would require in every process. In the form that Node takes when the
        // engine runs from source.
        environments: { ssr: { resolve: { noExternal: true, mainFields: ['main'] } } },
        build: {
          ssr: `engine/entry/${name}.ts`,
          write: false,
          target: 'node24',
          rolldownOptions: { output: { format: 'cjs', codeSplitting: false } },
        },
      });
      const [{ code }] = (result as Rolldown.RolldownOutput).output;
      this.emitFile({ type: 'asset', fileName: scriptFile(name), source: asciiFunction(SCRIPT_PARAMETERS, code) });
    }
  },
  writeBundle() {
    const inmates = join(PRACTICE_BOARD, 'inmates');
    const images = readdirSync(inmates).filter((file) => file.endsWith('.bin'));
    const journey = [basename(PRACTICE_BOARD), join(PRACTICE_BOARD, 'demo.script'), 'engine/entry/bare.script'];
    const args = ['out/main/keep.js', ...journey, ...images.map((file) => join(inmates, file))];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
    if (status !== 0) this.warn(`Programs will start slower than they could: ${stderr.trim()}`);
  },
});

/** What the programs are tried out with. */
const PRACTICE_BOARD = 'boards/qemu-arm64';

/** With ASCII alone, V8 keeps a byte for each character of it. */
const asciiFunction = (parameters: readonly string[], body: string): string =>
  `(function (${parameters.join(', ')}) {\n'use strict';\n${body}\n})\n`.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export default defineConfig({
  main: {
    plugins: [interpreterImage(), scripts()],
    build: {
      // Loaded from node_modules at run time; but zod's many files take longer to find than to run.
      externalizeDeps: { exclude: ['zod'] },
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: 'main/electron/main.ts',
          engine: 'engine/entry/engine.ts',
          translator: 'engine/entry/translator.ts',
          cellblock: 'engine/entry/cellblock.ts',
          keep: 'engine/entry/keep.ts',
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
