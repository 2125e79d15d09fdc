// A picture of every view at two sizes, light and dark, in test-results/pictures, to be looked at; the check here is that nothing sticks out of
// the window. README_PICTURE=1 also renews the one that the README shows.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { newProject, projectsInList, runCommand, terminal, typeInto } from './steps.ts';
import { expect, test } from './workbench.ts';

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];
const THEMES = ['light', 'dark'] as const;

async function picture(page: Page, view: string): Promise<void> {
  const folder = join(test.info().project.outputDir, 'pictures');
  for (const theme of THEMES) {
    // As the setting does it, without leaving the view.
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(folder, `${view}-${size.width}-${theme}.png`) });
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
        return { across: scrollWidth - clientWidth, down: scrollHeight - clientHeight };
      });
      expect(overflow, `${view} at ${size.width}×${size.height}`).toEqual({ across: 0, down: 0 });
    }
  }
}

test('every view fits the window, light and dark', async ({ workbench }) => {
  test.setTimeout(180_000);
  const { page } = workbench;
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  await picture(page, 'first-start');

  await newProject(page, 'brake controller');
  await projectsInList(page, 'brake controller');
  await picture(page, 'projects');

  await runCommand(page, 'Go to the board');
  await expect(page.getByRole('button', { name: 'CPU 0 of root', exact: true })).toBeVisible();
  await picture(page, 'board');
  await page.getByRole('list', { name: 'Regions of greeter' }).getByRole('button', { name: /^RAM/ }).click();
  await runCommand(page, 'Board: show or hide the source');
  await expect(page.locator('.cm-content')).toBeVisible();
  await picture(page, 'board-source');
  // One RAM over the other: the map and the problems say so.
  await page.keyboard.press('Alt+Control+ArrowUp');
  await expect(page.locator('.cm-content')).toBeVisible();
  await picture(page, 'board-problems');
  await page.keyboard.press('Control+z');
  await runCommand(page, 'Board: show or hide the source');
  await runCommand(page, 'Board: read as a table, or as a plan');
  await expect(page.getByRole('button', { name: 'Show the plan' })).toBeVisible();
  await picture(page, 'board-table');
  await runCommand(page, 'Board: read as a table, or as a plan');
  await runCommand(page, 'Board: new cell');
  await expect(page.getByRole('dialog', { name: 'New cell' })).toBeVisible();
  await picture(page, 'new-cell');
  await page.keyboard.press('Escape');

  await runCommand(page, 'Run: boot');
  await expect(terminal(page, 'timer')).toContainText('Tick 3');
  await picture(page, 'run');
  await runCommand(page, 'Run: stop');
  await runCommand(page, 'Run: show all runs of the project');
  await page.getByRole('button', { name: /^run 1\b/i }).click();
  await expect(page.getByText(/Hello Cellblock, greeting 1/).first()).toBeVisible();
  await picture(page, 'past-run');
  await runCommand(page, 'Run: boot');
  await expect(terminal(page, 'timer')).toContainText('Tick 2');
  await runCommand(page, 'Run: stop');
  await expect(page.getByRole('group', { name: 'Transport' }).getByRole('button', { name: 'Stop' })).toHaveCount(0);
  await runCommand(page, 'Compare: the shown run with the one before it');
  await expect(page.getByRole('log', { name: 'Consoles of both runs' })).toContainText('lines the same');
  await picture(page, 'compare');

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Find a command' })).toBeVisible();
  await picture(page, 'palette');
  await page.keyboard.press('Escape');
  await runCommand(page, 'Go to settings');
  await picture(page, 'settings');
});

if (process.env['README_PICTURE'] === '1')
  test('the picture of the README', async ({ workbench }) => {
    const { page } = workbench;
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1840, height: 1035 });
    await newProject(page, 'brake controller');
    await runCommand(page, 'Run: boot to the root shell');
    for (const line of [
      'jailhouse enable qemu-arm64.c',
      'jailhouse cell create greeter.c',
      'jailhouse cell load greeter inmates/greeter.bin -s "name=Cellblock" -a 0x1000',
      'jailhouse cell start greeter',
      'jailhouse cell create timer.c',
      'jailhouse cell load timer inmates/timer.bin',
      'jailhouse cell start timer',
      'jailhouse cell list',
    ])
      await typeInto(page, 'root', line);
    await expect(terminal(page, 'timer')).toContainText('Tick 9');
    await page.screenshot({ path: join(import.meta.dirname, 'pictures', 'run-dark.png') });
  });
