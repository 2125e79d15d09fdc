// The text of a configuration beside the map: typing, problems, marks of intent, dragging, one history over all of it.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { newProject, runCommand } from './steps.ts';
import { expect, test } from './workbench.ts';

const source = (page: Page) => page.getByRole('region', { name: 'Source' });
const problems = (page: Page) => page.getByRole('region', { name: 'Problems' });
const ram = (page: Page, cell: string) =>
  page.getByRole('list', { name: `Regions of ${cell}` }).getByRole('button', { name: /^RAM/ });

/** The board view of a new project, wide, with the source of greeter's RAM beside the map. */
async function openSource(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await newProject(page, name);
  await expect(ram(page, 'greeter')).toBeAttached();
  await ram(page, 'greeter').click();
  await runCommand(page, 'Board: show or hide the source');
  await expect(source(page).locator('.cm-marked').first()).toContainText('RAM');
}

/** Puts the cursor behind a text in the pane. */
async function cursorBehind(page: Page, text: string): Promise<void> {
  await source(page).locator('.cm-line', { hasText: text }).first().click();
  await page.keyboard.press('End');
}

test('typing is the model at once, errors keep the last good map, and one history undoes all', async ({
  workbench,
}) => {
  const { page } = workbench;
  await openSource(page, 'source');

  await test.step('an edit in the source shows on the map', async () => {
    await cursorBehind(page, '.phys_start = 0x7fa00000,');
    await page.keyboard.press('ArrowLeft');
    for (let i = 0; i < 6; i++) await page.keyboard.press('Backspace');
    await page.keyboard.type('9e0000');
    await expect(ram(page, 'greeter')).toHaveAccessibleName(/at 0x7f9e0000/);
  });

  await test.step('the cursor takes the selection along, to the map and back', async () => {
    await cursorBehind(page, '.address = 0x09000000,');
    await expect(page.getByRole('complementary', { name: 'Inspector' })).toContainText('cell · greeter.c');
    await ram(page, 'timer').click();
    await expect(source(page).getByRole('button', { name: 'Which file is shown' })).toContainText('timer.c');
    await ram(page, 'greeter').click();
    await expect(source(page).getByRole('button', { name: 'Which file is shown' })).toContainText('greeter.c');
  });

  await test.step('what cannot be read is a problem with a place; the map stays', async () => {
    await cursorBehind(page, '.size = 0x10000,');
    await page.keyboard.type(' oops');
    await expect(problems(page)).toContainText('unreadable');
    await expect(source(page).getByRole('status')).toContainText('The map shows it as it last could be read');
    await expect(ram(page, 'greeter')).toHaveAccessibleName(/at 0x7f9e0000/);
  });

  await test.step('an edit on the map changes only its line', async () => {
    await page.keyboard.press('Control+z');
    await expect(page.getByRole('button', { name: 'no problems' })).toBeVisible();
    await page.getByRole('button', { name: 'ROOTSHARED' }).click();
    await expect(source(page).locator('.cm-content')).toContainText('JAILHOUSE_MEM_ROOTSHARED');
    await expect(source(page).locator('.cm-content')).toContainText('/* RAM */');
  });

  await test.step('undo takes back both, in order', async () => {
    await runCommand(page, 'Undo');
    await expect(source(page).locator('.cm-marked').last()).not.toContainText('ROOTSHARED');
    await expect(async () => {
      await page.keyboard.press('Control+z');
      await expect(ram(page, 'greeter')).toHaveAccessibleName(/at 0x7fa00000/, { timeout: 500 });
    }).toPass();
    await expect(async () => {
      await page.keyboard.press('Control+Shift+z');
      await expect(ram(page, 'greeter')).toHaveAccessibleName(/at 0x7f9e0000/, { timeout: 500 });
    }).toPass();
  });
});

test('a region is dragged by its body and its edges, Escape cancels, keys do the same', async ({ workbench }) => {
  const { page } = workbench;
  await page.setViewportSize({ width: 1920, height: 1080 });
  await newProject(page, 'drag');
  const region = ram(page, 'greeter');
  await region.click();
  const box = (await region.boundingBox())!;
  const x = box.x + 40;

  await page.mouse.move(x, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(x, box.y - 80, { steps: 6 });
  await expect(page.getByRole('status').filter({ hasText: 'was' })).toContainText('0x7fa00000-0x7fa0ffff');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(region).toHaveAccessibleName(/64 KiB at 0x7fa00000$/);

  await page.mouse.move(x, box.y + box.height - 2);
  await page.mouse.down();
  await page.mouse.move(x, box.y + box.height + 16, { steps: 6 });
  await page.mouse.up();
  await expect(region).toHaveAccessibleName(/ at 0x7fa00000/);
  await expect(region).not.toHaveAccessibleName(/^RAM → 0x0, 64 KiB/);
  await runCommand(page, 'Undo');
  await expect(region).toHaveAccessibleName(/64 KiB at 0x7fa00000$/);

  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('Alt+Shift+ArrowUp');
  await expect(region).toHaveAccessibleName(/60 KiB at 0x7f9fe000/);
});

test('problems are walked by key, mended one by one or by kind, and marked as intended with a reason', async ({
  workbench,
}) => {
  const { page } = workbench;
  await openSource(page, 'problems');
  await cursorBehind(page, '.phys_start = 0x7fa00000,');
  await page.keyboard.press('ArrowLeft');
  for (let i = 0; i < 8; i++) await page.keyboard.press('Backspace');
  await page.keyboard.type('7f800000');
  await expect(problems(page)).toContainText('belongs to');

  await page.keyboard.press('F8');
  await expect(problems(page).locator('.current')).toBeVisible();
  await page.keyboard.press('Shift+F8');
  await problems(page).getByRole('button', { name: 'file', exact: true }).click();
  await expect(
    problems(page)
      .getByRole('button', { name: /greeter\.c|timer\.c/, expanded: true })
      .first(),
  ).toBeVisible();
  await expect(source(page).locator('.cm-lintRange-error, .cm-lintRange-warning').first()).toBeAttached();

  const before = await problems(page).getByRole('listitem').count();
  await problems(page).getByRole('button', { name: 'Actions for this problem' }).first().click();
  await page.getByRole('menuitem', { name: 'Mark as intended …' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('They never run together');
  await page.getByRole('dialog').getByRole('button', { name: 'Mark as intended' }).click();
  const intended = problems(page).getByRole('button', { name: /Marked as intended/ });
  await expect(intended).toBeVisible();
  await intended.click();
  await expect(problems(page)).toContainText('They never run together');

  await workbench.restart();
  const again = workbench.page;
  await expect(again.getByRole('region', { name: 'Problems' })).toContainText('Marked as intended');
  await again
    .getByRole('region', { name: 'Problems' })
    .getByRole('button', { name: /Marked as intended/ })
    .click();
  await again.getByRole('region', { name: 'Problems' }).getByRole('button', { name: 'Take back' }).first().click();
  await expect(again.getByRole('region', { name: 'Problems' })).not.toContainText('Marked as intended');
  expect(before).toBeGreaterThan(1);
});

test('a key in the largest source to updated problems: measured', async ({ workbench }, info) => {
  const { page } = workbench;
  await openSource(page, 'speed');
  const text = readFileSync(new URL('../boards/qemu-arm64/greeter.c', import.meta.url), 'utf8');
  const COUNT = 200;
  const regions = Array.from({ length: COUNT }, (_, i) => {
    const at = (0x7800_0000 + i * 0x8000).toString(16);
    return `\t\t/* buffer ${i} */ {\n\t\t\t.phys_start = 0x${at},\n\t\t\t.virt_start = 0x${at},\n\t\t\t.size = 0x4000,\n\t\t\t.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,\n\t\t},\n`;
  }).join('');
  const large = text
    .replace('mem_regions[3]', `mem_regions[${COUNT + 3}]`)
    .replace('.mem_regions = {\n', `.mem_regions = {\n${regions}`);
  await source(page).locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    document
      .querySelector('.cm-content')!
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, large);
  await expect(page.getByRole('list', { name: 'Regions of greeter' }).getByRole('button').nth(40)).toBeAttached();
  await cursorBehind(page, '.virt_start = 0,');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  // From the key's event until every effect of it has run: the text is the model, the rules have run, the panel shows them.
  // On a busy machine that time says little: what the page's thread worked beside it (style, layout, script) is printed as well.
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { keyTimes: times });
    addEventListener(
      'beforeinput',
      () => {
        const start = performance.now();
        new MutationObserver((_, observer) => {
          observer.disconnect();
          queueMicrotask(() => queueMicrotask(() => times.push(performance.now() - start)));
        }).observe(document.querySelector('.cm-content')!, { subtree: true, childList: true, characterData: true });
      },
      true,
    );
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' });
  await devtools.send('Performance.enable');
  const worked = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    const parts = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'];
    return metrics.reduce((sum, { name, value }) => sum + (parts.includes(name) ? value * 1000 : 0), 0);
  };
  const work: number[] = [];
  for (let i = 0; i < 16; i++) {
    const before = await worked();
    await page.keyboard.press(i % 2 === 0 ? '0' : 'Backspace');
    await page.waitForTimeout(200);
    work.push((await worked()) - before);
  }
  const times = await page.evaluate(() => (window as unknown as { keyTimes: number[] }).keyTimes);
  const median = (values: readonly number[]): string =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(1);
  const line = `key to problems, ${COUNT + 3} regions: median ${median(times)} ms; the page worked ${median(work)} ms a key, the map included`;
  console.log(line);
  info.annotations.push({ type: 'measured', description: line });
  expect(times.length).toBeGreaterThan(5);
});
