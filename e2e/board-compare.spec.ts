// Two runs beside each other, two scenarios beside each other, and a folder of configurations as projects.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newProject, runCommand } from './steps.ts';
import { expect, test } from './workbench.ts';

test('two runs beside each other, after one field was changed', async ({ workbench }) => {
  const { page } = workbench;
  await page.setViewportSize({ width: 1920, height: 1080 });
  await newProject(page, 'compare');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Two runs are needed' })).toBeVisible();
  const ended = async (number: number) => {
    await runCommand(page, 'Run: boot');
    await expect(page.getByRole('heading', { name: new RegExp(`run ${number}\\b`) })).toBeVisible();
    await expect(page.getByText('The script ran to its end.')).toBeVisible({ timeout: 60_000 });
    const transport = page.getByRole('group', { name: 'Transport' });
    await transport.getByRole('button', { name: 'Stop' }).click();
    await expect(transport.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  };
  await ended(1);
  await page.getByRole('button', { name: 'Board', exact: true }).click();
  await page.getByRole('list', { name: 'Regions of greeter' }).getByRole('button', { name: /^RAM/ }).click();
  await page.keyboard.press('Alt+Shift+ArrowUp');
  await ended(2);

  await runCommand(page, 'Compare: the shown run with the one before it');
  await expect(page.getByRole('article', { name: 'First run' })).toContainText('0x10000');
  await expect(page.getByRole('article', { name: 'Second run' })).toContainText('0xf000');
  await expect(page.getByRole('log', { name: 'Consoles of both runs' })).toContainText('lines the same');
  await expect(page.getByRole('complementary', { name: 'Facts of both runs' })).toContainText('memoryRegions[1].size');

  await runCommand(page, 'Project: compare configurations');
  const dialog = page.getByRole('dialog', { name: 'Compare configurations' });
  const sides = await dialog.getByRole('combobox', { name: 'First side' }).getByRole('option').allTextContents();
  await dialog
    .getByRole('combobox', { name: 'First side' })
    .selectOption({ label: sides.find((label) => label.startsWith('run 1,'))! });
  await expect(dialog.getByRole('row', { name: /memoryRegions\[1\]\.size 0x10000 0xf000/ })).toBeVisible();
  await dialog.getByRole('button', { name: 'text', exact: true }).click();
  await expect(dialog.locator('.cm-changedText').first()).toBeVisible();
});

test('a folder becomes projects, and what cannot be read comes along', async ({ workbench }) => {
  const { page } = workbench;
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-folder-'));
  try {
    for (const file of ['qemu-arm64.c', 'greeter.c', 'timer.c'])
      cpSync(new URL(`../boards/qemu-arm64/${file}`, import.meta.url), join(folder, file));
    writeFileSync(join(folder, 'broken.c'), 'struct { struct jailhouse_cell_desc cell; } config = {\n');
    writeFileSync(join(folder, 'notes.md'), '# notes\n');
    await runCommand(page, 'Project: import a folder of configurations');
    const dialog = page.getByRole('dialog', { name: 'Import a folder' });
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose a folder …' }).click();
    await (await chooser).setFiles(folder);
    await expect(dialog).toContainText('1 system, 2 cells, 1 other files, 1 that cannot be read yet');
    await dialog.getByRole('button', { name: 'Create 1 project' }).click();
    await expect(page).toHaveTitle('qemu-arm64 – Cellblock');
    await expect(page.getByRole('list', { name: 'Regions of greeter' })).toBeAttached();
    await expect(page.getByRole('region', { name: 'Problems' })).toContainText('broken.c');
    await page.getByRole('button', { name: 'Projects', exact: true }).click();
    await expect(page.getByRole('list', { name: 'Files' })).toContainText('notes.md');
    await page.getByRole('list', { name: 'Files' }).getByRole('button', { name: 'broken.c', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Source' }).getByRole('status')).toContainText('Line 1');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
