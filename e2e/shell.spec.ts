// What every shell owes its windows, whatever runs in them: nothing foreign gets in, nothing gets lost between windows and restarts, and bad
// files are refused in words.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newProject, projectsInList, runCommand } from './steps.ts';
import { expect, test, type Workbench } from './workbench.ts';

test('the page has no powers and takes no foreign code', async ({ workbench, complaints, shell }) => {
  const { page } = workbench;
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  complaints.expect(/Content Security Policy|violates the following/);
  const powers = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.foreign = true';
    document.head.append(script);
    const outside = await fetch('https://example.invalid/').then(
      () => 'reached',
      () => 'blocked',
    );
    const { require, process, module, foreign } = window as unknown as Record<string, unknown>;
    return {
      nodes: [require, process, module],
      foreign,
      outside,
      secure: isSecureContext,
      keys: Object.keys(window.cellblock ?? {}),
    };
  });
  expect(powers).toEqual({
    nodes: [undefined, undefined, undefined],
    foreign: undefined,
    outside: 'blocked',
    secure: true,
    keys: shell === 'electron' ? ['call', 'onNotice', 'attachRun'] : [],
  });
});

test('two windows on one project see what the other saves', async ({ workbench }) => {
  const { page: first } = workbench;
  await newProject(first, 'shared');
  const second = await workbench.shell.newWindow();
  await (await projectsInList(second, 'shared')).click();
  await expect(second).toHaveTitle('shared – Cellblock');
  await runCommand(first, 'Go to projects');
  await first.getByRole('textbox', { name: 'Name of the project' }).fill('renamed');
  await first.getByRole('textbox', { name: 'Name of the project' }).press('Enter');
  await expect(second).toHaveTitle('renamed – Cellblock');
});

test('projects and settings are there after a restart', async ({ workbench }) => {
  await newProject(workbench.page, 'kept');
  await runCommand(workbench.page, 'Theme: dark');
  await expect(workbench.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await workbench.restart();
  await expect(workbench.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await projectsInList(workbench.page, 'kept');
});

test('a project goes out as one file and comes in again', async ({ workbench }) => {
  const { page } = workbench;
  await newProject(page, 'travel');
  const files = await workbench.shell.saved(() => runCommand(page, 'Project: export as one file'));
  expect([...files.keys()]).toEqual(['travel.cellblock']);
  const file = join(workbench.data, 'travel.cellblock');
  writeFileSync(file, files.get('travel.cellblock')!);
  expect(JSON.parse(files.get('travel.cellblock')!.toString())).toMatchObject({
    format: 'cellblock-project',
    version: 1,
    name: 'travel',
    board: 'qemu-arm64',
  });
  await importFile(workbench, file);
  await projectsInList(page, 'travel', 2);
});

test('bad project files are refused in words, and change nothing', async ({ workbench }) => {
  const { page } = workbench;
  await newProject(page, 'untouched');
  const bad = [
    [
      'future.cellblock',
      '{"format":"cellblock-project","version":99}',
      /exported by a newer Cellblock.*Update Cellblock/,
    ],
    ['torn.cellblock', '{"format":"cellblock-project","versio', /breaks off or is damaged/],
    ['noise.cellblock', '\u0000\u0001\u0002 not a project', /not a Cellblock project/],
  ] as const;
  for (const [name, content, words] of bad) {
    writeFileSync(join(workbench.data, name), content);
    await importFile(workbench, join(workbench.data, name));
    await expect(page.getByRole('region', { name: 'Notices' }).getByText(words)).toBeVisible();
  }
  await runCommand(page, 'Go to projects');
  await expect(page.getByRole('complementary', { name: 'Projects' }).getByRole('listitem')).toHaveCount(1);
});

async function importFile({ page }: Workbench, file: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await runCommand(page, 'Project: import a file');
  await (await chooser).setFiles(file);
}
