import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Unit and property tests beside the code. What drives the whole window is in e2e/ (Playwright).
export default defineConfig({
  // The window's state is written with runes (.svelte.ts).
  plugins: [svelte({ configFile: false })],
  test: {
    include: ['{engine,main,preload,renderer,boards}/**/*.test.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
