// What goes wrong under the window: an engine that is killed, a main process that is killed. The window lives, the record is kept.
import { newProject, projectsInList, runCommand, terminal } from './steps.ts';
import Database from 'better-sqlite3';
import { storeFile } from '../main/store/location.ts';
import { expect, test, type Workbench } from './workbench.ts';

/** Boots the sample's script and waits until the first cell has said something. */
async function bootSample({ page }: Workbench, name: string): Promise<void> {
  await newProject(page, name);
  await runCommand(page, 'Run: boot');
  await expect(terminal(page, 'greeter')).toContainText('greeting 1');
}

const openRun = async (workbench: Workbench, name: string): Promise<void> => {
  const { page } = workbench;
  await (await projectsInList(page, name)).click();
  await runCommand(page, 'Run: show all runs of the project');
  await page.getByRole('button', { name: /^run 1\b/i }).click();
};

test('an engine that is killed in mid-run: the window says so, the record is kept, and a new run can be started', async ({
  workbench,
}) => {
  const { page } = workbench;
  await bootSample(workbench, 'killed');
  const [engine, ...others] = workbench.engines();
  expect(others).toEqual([]);
  process.kill(engine!, 'SIGKILL');
  await expect(page.getByText(/The engine of run 1 has died/).first()).toBeVisible();
  await expect(page.getByText(/recorded until then is kept/).first()).toBeVisible();

  await runCommand(page, 'Run: boot');
  // What run 1 had said is shown until run 2 says something: the process tells that there is one.
  await expect.poll(() => workbench.engines()).toHaveLength(1);
  await expect(terminal(page, 'greeter')).toContainText('greeting 1');

  await openRun(workbench, 'killed');
  await expect(page.getByText(/Hello .*greeting 1/).first()).toBeVisible();
  await expect(page.getByText(/The engine of run 1 has died/).first()).toBeVisible();
});

test('an engine that hangs is noticed, ended and told', async ({ workbench }) => {
  const { page } = workbench;
  await bootSample(workbench, 'hung');
  process.kill(workbench.engines()[0]!, 'SIGSTOP');
  await expect(page.getByText(/The engine of run 1 has stopped answering/).first()).toBeVisible({ timeout: 40_000 });
  await expect.poll(() => workbench.engines()).toEqual([]);
});

test('a main process that is killed in mid-run: everything recorded is there at the next start', async ({
  workbench,
  complaints,
}) => {
  complaints.expect(/WebSocket connection to/);
  await bootSample(workbench, 'survivor');
  // What was shown has reached main; what main has is written within its gathering time.
  await expect.poll(() => recorded(workbench)).toMatch(/greeting 1/);
  const engines = workbench.engines();
  await workbench.killMain();
  await expect.poll(() => engines.filter(isAlive)).toEqual([]);
  await workbench.open();
  await openRun(workbench, 'survivor');
  await expect(workbench.page.getByText(/Cellblock itself ended while this run was under way/).first()).toBeVisible();
  await expect(workbench.page.getByText(/Hello .*greeting 1/).first()).toBeVisible();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the store has of the greeter's console. */
function recorded({ data }: Workbench): string {
  const db = new Database(storeFile(data), { readonly: true });
  try {
    const chunks = db
      .prepare<[], Buffer>("SELECT bytes FROM chunks WHERE console = 'greeter' ORDER BY position")
      .pluck()
      .all();
    return Buffer.concat(chunks).toString('latin1');
  } finally {
    db.close();
  }
}
