// What only Electron's shell has: a window that nothing leads out of, and a menu.
import { runCommand } from './steps.ts';
import { expect, test } from './workbench.ts';

test('nothing leads out of the window, and nothing is permitted', async ({ workbench }) => {
  const { page } = workbench;
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  const url = page.url();
  expect(await page.evaluate(() => window.open('https://example.invalid/'))).toBeNull();
  await page.evaluate(() => {
    location.href = 'https://example.invalid/';
  });
  // A round trip through main, behind the two attempts.
  await runCommand(page, 'Theme: dark');
  expect(page.url()).toBe(url);
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  const states = await page.evaluate(() =>
    Promise.all(
      (['geolocation', 'notifications', 'midi'] as PermissionName[]).map(
        async (name) => (await navigator.permissions.query({ name })).state,
      ),
    ),
  );
  expect(states).toEqual(['denied', 'denied', 'denied']);
});

test("the menu runs the window's commands", async ({ workbench }) => {
  const { page } = workbench;
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  await workbench.shell.menu('palette');
  await expect(page.getByRole('dialog', { name: 'Find a command' })).toBeVisible();
});
