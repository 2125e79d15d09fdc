// The journey that the workbench is for: a board, a new cell with CPUs dragged to it, its place in memory, a boot, every console and the live
// sysfs tree, the .cell files, and the run again after a restart.
import { cellName, cellOf, cpusOf, decode, ConfigError } from '../engine/config/index.ts';
import { dragCpu, newProject, projectsInList, runCommand, terminal, typeInto } from './steps.ts';
import { expect, test } from './workbench.ts';

test('from a board to a cell of one’s own, booted, exported, and found again', async ({ workbench }) => {
  const { page } = workbench;
  // Wide enough for the root's column and the new one side by side.
  await page.setViewportSize({ width: 1920, height: 1080 });
  await test.step('a project on the board', async () => {
    await newProject(page, 'journey');
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Board' }).click();
    await expect(page.getByRole('button', { name: 'CPU 15 of root', exact: true })).toBeVisible();
  });

  await test.step('a new cell, and a CPU dragged to it from the root cell', async () => {
    await page.getByRole('button', { name: '+ cell' }).click();
    const dialog = page.getByRole('dialog', { name: 'New cell' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill('mine');
    await dialog.getByRole('button', { name: 'Create cell' }).click();
    await expect(page.getByRole('button', { name: 'CPU 15 of mine', exact: true })).toBeVisible();
    await dragCpu(page, 14, 'root', 'mine');
    await expect(page.getByRole('button', { name: 'CPU 14 of mine', exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'CPU 14 of root', exact: true })).toHaveCount(0);
  });

  await test.step('its memory on the map, and what the root loses', async () => {
    await expect(
      page.getByRole('list', { name: 'Regions of mine' }).getByRole('button', { name: /^RAM .*64 KiB at 0x/ }),
    ).toBeAttached();
    await expect(
      page.getByRole('list', { name: 'Regions of root' }).getByRole('button', { name: /^lost to mine, 64 KiB at 0x/ }),
    ).toBeAttached();
    await expect(page.getByRole('button', { name: 'no problems' })).toBeVisible();
  });

  await test.step('a boot to the root shell, where what is typed is done', async () => {
    await runCommand(page, 'Run: boot to the root shell');
    await expect(terminal(page, 'root')).toContainText('root@qemu-arm64:~#');
    await typeInto(page, 'root', 'jailhouse enable qemu-arm64.c');
    await expect(page.getByRole('article', { name: /^Cell qemu-arm64, running/ })).toBeVisible();
    await page.getByRole('button', { name: 'Create mine' }).click();
    await expect(page.getByRole('article', { name: /^Cell mine, shut down/ })).toBeVisible();
    await typeInto(page, 'root', 'jailhouse cell load mine inmates/greeter.bin -s "name=Journey" -a 0x1000');
    await page.getByRole('button', { name: 'Start mine' }).click();
    await expect(page.getByRole('article', { name: /^Cell mine, running/ })).toBeVisible();
  });

  await test.step('the consoles and the sysfs tree', async () => {
    await expect(terminal(page, 'mine')).toContainText('Hello Journey, greeting 1');
    await expect(terminal(page, 'hypervisor')).toContainText('Started cell "mine"');
    const sysfs = page.getByRole('tree', { name: '/sys/devices/jailhouse' });
    await expect(sysfs.getByRole('treeitem', { name: 'cpus_assigned_list 14-15' })).toBeAttached();
    await expect(sysfs.getByRole('treeitem', { name: 'name mine' })).toBeAttached();
    await page.getByRole('button', { name: 'Shut down mine' }).click();
    await expect(page.getByRole('article', { name: /^Cell mine, shut down/ })).toBeVisible();
  });

  await test.step('the .cell files', async () => {
    const files = await workbench.shell.saved(async () => {
      await runCommand(page, 'Export .cell files of the system and every cell');
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^(Export|Save)/ })
        .click();
    });
    expect([...files.keys()]).toEqual(expect.arrayContaining(['qemu-arm64.cell', 'mine.cell', 'greeter.cell']));
    const mine = decode(files.get('mine.cell')!, 'cell');
    if (mine instanceof ConfigError) throw mine;
    const cell = cellOf(mine.config);
    expect(cellName(cell)).toBe('mine');
    expect(cpusOf(cell.cpuSet)).toEqual([14, 15]);
  });

  await test.step('the end, and the run again after a restart', async () => {
    await page.getByRole('group', { name: 'Transport' }).getByRole('button', { name: 'Stop' }).click();
    await expect(page.getByRole('group', { name: 'Transport' }).getByRole('button', { name: 'Stop' })).toHaveCount(0);
    await workbench.restart();
    const again = workbench.page;
    await (await projectsInList(again, 'journey')).click();
    await runCommand(again, 'Run: show all runs of the project');
    await again.getByRole('button', { name: /^run 1\b/i }).click();
    await expect(again.getByText('Hello Journey, greeting 1').first()).toBeVisible();
  });
});
