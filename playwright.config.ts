// End-to-end specs: the same ones in a real browser against the browser shell, and in Electron's shell (or its stand-in, see
// e2e/electron-standin/README.md). The system's Chromium is used; nothing is downloaded.
import { defineConfig } from '@playwright/test';
import type { ShellOptions } from './e2e/workbench.ts';

export default defineConfig<ShellOptions>({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  // Each test starts a shell, a browser and an engine of its own; two at a time would only slow each other on two cores.
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: { screenshot: 'only-on-failure' },
  projects: [
    { name: 'browser', testIgnore: 'electron.spec.ts', use: { shell: 'browser' } },
    {
      name: 'electron',
      testIgnore: [
        'board-source.spec.ts',
        'browser.spec.ts',
        'built.spec.ts',
        'linux.spec.ts',
        'start.spec.ts',
        'pictures.spec.ts',
      ],
      use: { shell: 'electron' },
    },
  ],
});
