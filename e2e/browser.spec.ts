// What only the browser shell has: an address with a secret, and a terminal to refuse in.
import { openDatabase } from '../main/store/database.ts';
import { storeFile } from '../main/store/location.ts';
import { MIGRATIONS } from '../main/store/migrations.ts';
import { expect, test } from './workbench.ts';

test('the secret leaves the address bar, survives a reload, and no other page has it', async ({ workbench }) => {
  const { page } = workbench;
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  expect(page.url()).not.toContain('token');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  const stranger = await page.context().newPage();
  await stranger.goto(page.url());
  await expect(stranger.getByText('Open the address that `npm start` printed last')).toBeVisible();
});

test('a store from the future is refused in words, and left alone', async ({ workbench }) => {
  await expect(workbench.page.getByRole('button', { name: 'Boot the sample project' })).toBeVisible();
  await workbench.close();
  openDatabase(storeFile(workbench.data), [...MIGRATIONS, 'CREATE TABLE tomorrow (x)']).close();
  await expect(workbench.open()).rejects.toThrow(
    /was written by a newer Cellblock \(store version \d+; this one reads up to \d+\)/,
  );
});
