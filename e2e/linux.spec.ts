// A kernel that somebody else built, on the bare board, at the console that the window gives it: what people expect of a Linux terminal.
import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { SYSTEMS, systemsMissing } from '../boards/systems/cache.ts';
import { newProject, runCommand, terminal } from './steps.ts';
import { expect, test } from './workbench.ts';

const missing = systemsMissing('kernel', 'initrd');
const CONSOLE = 'uart0';

/** Lines of the screen, as the window shows them. */
const screen = (page: Page): Promise<string[]> =>
  terminal(page, CONSOLE)
    .locator('.xterm-rows > div')
    .evaluateAll((rows) => rows.map((row) => (row.textContent ?? '').trimEnd()));

/** Types a command and waits for a line of the screen that is what it prints. */
async function command(page: Page, line: string, answer: RegExp): Promise<void> {
  await page.keyboard.type(`${line}\n`);
  await shows(page, answer);
}

const shows = (page: Page, line: RegExp): Promise<void> =>
  expect(async () => expect((await screen(page)).filter((each) => line.test(each))).not.toEqual([])).toPass({
    timeout: 30_000,
  });

const paste = (page: Page, text: string): Promise<void> =>
  terminal(page, CONSOLE)
    .locator('textarea')
    .evaluate((field, data) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', data);
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }, text);

test(`a Linux console${missing ? ` (skipped: ${missing})` : ''}`, async ({ workbench }) => {
  test.skip(missing !== undefined, missing);
  test.setTimeout(300_000);
  const { page } = workbench;
  await test.step('files from disk boot the bare board', async () => {
    await newProject(page, 'linux');
    await runCommand(page, 'Run: boot a kernel or firmware on the bare board');
    const dialog = page.getByRole('dialog', { name: 'Boot a kernel or firmware' });
    for (const [label, path] of [
      ['Kernel', SYSTEMS.kernel],
      ['Initial RAM disk', SYSTEMS.initrd],
    ] as const) {
      const chooser = page.waitForEvent('filechooser');
      await dialog.getByRole('button', { name: `Add a file as ${label.toLowerCase()}` }).click();
      await (await chooser).setFiles(path);
      await expect(dialog.getByRole('combobox', { name: label })).toHaveValue(path.replace(/^.*\//, ''));
    }
    await dialog.getByRole('textbox', { name: 'Command line' }).fill('console=ttyAMA0 quiet');
    await dialog.getByRole('button', { name: 'Boot', exact: true }).click();
    await expect(terminal(page, CONSOLE)).toContainText('built-in shell', { timeout: 120_000 });
    await terminal(page, CONSOLE).click();
  });

  await test.step('colours, and a line that is edited', async () => {
    await command(page, 'clear; ls --color', /^bin +dev/);
    const folder = terminal(page, CONSOLE).locator('.xterm-rows span', { hasText: /^bin$/ });
    await expect(folder).toHaveClass(/xterm-fg-(4|12)/);
    await page.keyboard.type('wrong');
    await page.keyboard.press('Control+u');
    await page.keyboard.type('cho ends');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('e');
    await page.keyboard.press('Control+e');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+k');
    await command(page, ' of it', /^end of it$/);
    // Completed by Tab: /proc/version
    await page.keyboard.type('cat /proc/vers');
    await page.keyboard.press('Tab');
    await command(page, '', /^Linux version /);
  });

  await test.step('the guest is told and finds out how large the screen is', async () => {
    const rows = (await screen(page)).length;
    // Nobody has told the kernel yet: vi asks the terminal, and the answer is its last row and column.
    // It does not wait long for that, in the guest's time: on a busy host the answer may be late, and it believes in 24 rows.
    await expect(async () => {
      await page.keyboard.type('vi /tmp/none\n');
      try {
        const tildes = async (): Promise<number> => (await screen(page)).filter((line) => line === '~').length;
        await expect.poll(tildes, { timeout: 5000 }).toBe(rows - 2);
      } finally {
        await page.keyboard.type(':q\n');
      }
    }).toPass({ timeout: 60_000 });
    await page.setViewportSize({ width: 1280, height: 700 });
    await expect.poll(async () => (await screen(page)).length).toBeLessThan(rows);
    const fewer = (await screen(page)).length;
    await page.getByRole('button', { name: `Tell the guest how large ${CONSOLE} is` }).click();
    await terminal(page, CONSOLE).click();
    await command(page, 'clear; stty size', new RegExp(`^${fewer} \\d+$`));
  });

  await test.step('a full-screen program and its return', async () => {
    await page.keyboard.type('vi /tmp/text\n');
    await shows(page, /^~$/);
    await page.keyboard.type('ifirst\nsecond');
    await page.keyboard.press('Escape');
    // What follows an escape at once is part of a key to vi: it says that it took the escape by itself.
    await shows(page, /^- \/tmp\/text/);
    await page.keyboard.type(':wq\n');
    // Back on the screen that was there before.
    await shows(page, /^# vi/);
    await command(page, 'clear; cat /tmp/text', /^second$/);
    await page.keyboard.type('top\n');
    await shows(page, /PID +PPID/);
    await page.keyboard.type('q');
  });

  await test.step('a flood is interrupted, and a paste arrives whole', async () => {
    await page.keyboard.type('clear; yes\n');
    await shows(page, /^y$/);
    await page.keyboard.press('Control+c');
    await command(page, 'clear; echo still""here', /^stillhere$/);
    const text = Array.from({ length: 400 }, (_, i) => `line ${i} of what is pasted\n`).join('');
    await page.keyboard.type('cat > /tmp/pasted\n');
    await paste(page, text);
    await page.keyboard.press('Control+d');
    const sum = createHash('md5').update(text).digest('hex');
    await command(page, 'clear; md5sum /tmp/pasted', new RegExp(`^${sum}`));
  });

  await test.step('power-off ends the run, which says what it ran', async () => {
    await page.keyboard.type('poweroff\n');
    await expect(page.getByRole('group', { name: 'Transport' }).getByRole('button', { name: 'Stop' })).toHaveCount(0, {
      timeout: 30_000,
    });
    await expect(page.getByText('The bare board ran kernel Image, RAM disk initrd.gz.')).toBeVisible();
  });

  await test.step('booted again, it is the same kernel', async () => {
    await runCommand(page, 'Run: boot again what the shown run booted');
    await expect(terminal(page, CONSOLE)).toContainText('built-in shell', { timeout: 120_000 });
    await runCommand(page, 'Run: stop');
    await expect(page.getByText('The bare board ran kernel Image, RAM disk initrd.gz.')).toBeVisible();
  });
});
