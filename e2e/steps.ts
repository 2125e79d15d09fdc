// What a person does in the window, as steps that several specs take.
import { expect, type Locator, type Page } from '@playwright/test';

export async function newProject(page: Page, name: string): Promise<void> {
  await runCommand(page, 'Project: new from a board');
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await expect(page).toHaveTitle(`${name} – Cellblock`);
}

/** Through the palette, as every command can be reached. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const palette = page.getByRole('dialog');
  const search = palette.getByRole('combobox');
  // A page that has only just come may not listen to keys yet.
  await expect(async () => {
    // Control+K is a guest's own where its console has the focus.
    if (!(await search.isVisible())) await page.keyboard.press('F1');
    await expect(search).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 15_000 });
  await search.fill(title);
  await palette.getByRole('option', { name: title }).first().click();
}

/** The entries of that name in the list of projects, once there are `count` of them. The list is shown for it. */
export async function projectsInList(page: Page, name: string, count = 1): Promise<Locator> {
  const entries = page
    .getByRole('complementary', { name: 'Projects' })
    .getByRole('button', { name: new RegExp(`^${name} `) });
  // The window may be about to show something else by itself: the project that was open last, or one that was just imported.
  await expect(async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Projects' }).click();
    await expect(entries).toHaveCount(count, { timeout: 500 });
  }).toPass({ timeout: 15_000 });
  return entries;
}

/** Gives a CPU to a cell by dragging its chip from the column that has it. Both columns must fit the window side by side. */
export async function dragCpu(page: Page, cpu: number, from: string, to: string): Promise<void> {
  // The plan glides to what was last made; a chip that slips from under the pointer is taken again.
  await expect(async () => {
    await page.getByRole('button', { name: `CPU ${cpu} of ${from}`, exact: true }).hover();
    await page.mouse.down();
    const column = await page.getByRole('button', { name: to, exact: true }).boundingBox();
    if (column === null) throw new Error(`the column of ${to} is not in view`);
    await page.mouse.move(column.x + column.width / 2, column.y + column.height / 2, { steps: 8 });
    await page.mouse.up();
    await expect(page.getByRole('button', { name: `CPU ${cpu} of ${to}`, exact: true })).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 20_000 });
}

/** The screen of a console, as xterm.js writes it into the page. */
export const terminal = (page: Page, name: string): Locator => page.getByRole('group', { name: `Terminal of ${name}` });

export async function typeInto(page: Page, console: string, line: string): Promise<void> {
  await terminal(page, console).click();
  await page.keyboard.type(`${line}\n`);
}
