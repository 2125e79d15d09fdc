// Commands of runs: boot, transport, and how the run view is arranged.
import { whyNoPower } from '../../engine/board/index.ts';
import type { BootChoice } from '../state/runs.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import type { Grid } from '../run/layout.svelte.ts';
import { bootCpus } from '../run/bootCpus.ts';
import type { Command } from './table.ts';
import { needsLiveRun, needsProject, needsScenario } from './available.ts';

const noRun = ({ runs }: Workbench): string | undefined =>
  runs.live || runs.starting ? 'A run is going on. Stop it first.' : undefined;

const needsPower = ({ project }: Workbench): string | undefined => {
  const why = project?.board && whyNoPower(project.board);
  return why === undefined ? undefined : `${project!.boardName} cannot be powered on: ${why}.`;
};

const canBoot = (workbench: Workbench): string | undefined =>
  needsScenario(workbench) ?? needsPower(workbench) ?? noRun(workbench);

/** Boots the open project with the pace and the CPUs that are chosen for it. */
export async function startRun(workbench: Workbench, choice: Pick<BootChoice, 'script' | 'system'>): Promise<void> {
  workbench.view = 'run';
  const cpus = bootCpus(workbench.project!);
  const pace = workbench.settings.text('pace') === 'free' ? 'free' : 'real';
  await workbench.runs.boot({ ...choice, pace, ...(cpus !== undefined && { cpus }) });
}

const phase = (workbench: Workbench): string | undefined => workbench.runs.live?.status?.phase;

const inRunView = (workbench: Workbench): string | undefined =>
  needsProject(workbench) ??
  (workbench.view === 'run' && workbench.runs.shown ? undefined : 'This works in the run view, with a run open.');

/** The run before the one that is shown. */
const before = ({ runs }: Workbench) => runs.list.find((run) => run.number < (runs.shown?.summary.number ?? 0));

const grid = (panes: Grid): Command => ({
  id: `run.grid${panes}`,
  title: `Consoles: ${panes === 1 ? 'one' : `${panes} side by side`}`,
  unavailable: inRunView,
  run: (workbench) => {
    workbench.runLayout.focus = undefined;
    workbench.runLayout.grid = panes;
  },
});

const step = (id: string, title: string, keys: readonly string[], by: 1 | -1): Command => ({
  id,
  title: `Compare: ${title} difference`,
  keys,
  unavailable: (workbench) =>
    needsProject(workbench) ??
    (workbench.view !== 'compare'
      ? 'This works in the compare view.'
      : workbench.comparing.differences === 0
        ? 'No line differs.'
        : undefined),
  run: (workbench) => workbench.comparing.step(by),
});

export const runCommands: readonly Command[] = [
  step('compare.next', 'next', ['J'], 1),
  step('compare.previous', 'previous', ['K'], -1),
  {
    id: 'compare.shown',
    title: 'Compare: the shown run with the one before it',
    icon: 'compare',
    unavailable: (workbench) => inRunView(workbench) ?? (before(workbench) ? undefined : 'There is no run before it.'),
    run: async (workbench) => {
      const [a, b] = [before(workbench)!.id, workbench.runs.shown!.id];
      workbench.view = 'compare';
      await workbench.comparing.choose(a, b);
    },
  },
  {
    id: 'run.boot',
    title: 'Run: boot',
    keys: ['F5'],
    icon: 'run',
    unavailable: canBoot,
    run: (workbench) => startRun(workbench, { script: workbench.project!.script !== null }),
  },
  {
    id: 'run.again',
    title: 'Run: boot again what the shown run booted',
    unavailable: (workbench) =>
      inRunView(workbench) ??
      (workbench.runs.shown!.summary.system ? (needsPower(workbench) ?? noRun(workbench)) : canBoot(workbench)),
    run: (workbench) => {
      const { system } = workbench.runs.shown!.summary;
      return startRun(workbench, system ? { script: false, system } : { script: workbench.project!.script !== null });
    },
  },
  {
    id: 'run.bootShell',
    title: 'Run: boot to the root shell, without the script',
    unavailable: canBoot,
    run: (workbench) => startRun(workbench, { script: false }),
  },
  {
    id: 'run.bootSystem',
    title: 'Run: boot a kernel or firmware on the bare board',
    unavailable: (workbench) => needsProject(workbench) ?? needsPower(workbench) ?? noRun(workbench),
    run: (workbench) => {
      workbench.overlay = 'boot-system';
    },
  },
  {
    id: 'run.pause',
    title: 'Run: pause or go on',
    keys: ['F6'],
    icon: 'pause',
    unavailable: needsLiveRun,
    run: (workbench) => workbench.runs.live!.send({ type: phase(workbench) === 'paused' ? 'resume' : 'pause' }),
  },
  {
    id: 'run.step',
    title: 'Run: step',
    keys: ['F10'],
    icon: 'step',
    unavailable: (workbench) =>
      needsLiveRun(workbench) ?? (phase(workbench) === 'paused' ? undefined : 'Pause the run first.'),
    run: (workbench) => workbench.runs.live!.send({ type: 'step' }),
  },
  {
    id: 'run.stop',
    title: 'Run: stop',
    keys: ['Shift+F5'],
    icon: 'stop',
    unavailable: needsLiveRun,
    run: (workbench) => workbench.runs.live!.send({ type: 'stop' }),
  },
  {
    id: 'run.kill',
    title: 'Run: end the engine without asking it',
    unavailable: needsLiveRun,
    run: (workbench) => workbench.runs.kill(workbench.runs.live!),
  },
  {
    id: 'run.pace',
    title: 'Run: pace of real time, or as fast as it goes',
    run: (workbench) => {
      const pace = workbench.settings.text('pace') === 'free' ? 'real' : 'free';
      workbench.settings.remember('pace', pace);
      workbench.runs.live?.send({ type: 'pace', pace });
    },
  },
  {
    id: 'run.list',
    title: 'Run: show all runs of the project',
    icon: 'clock',
    unavailable: needsProject,
    run: (workbench) => {
      workbench.view = 'run';
      workbench.runs.shown = undefined;
    },
  },
  grid(1),
  grid(2),
  grid(4),
  {
    id: 'run.stamps',
    title: 'Consoles: guest time beside every line',
    icon: 'clock',
    unavailable: inRunView,
    run: (workbench) => {
      workbench.runLayout.stamps = !workbench.runLayout.stamps;
    },
  },
  {
    id: 'run.search',
    title: 'Consoles: search everything',
    keys: ['Mod+F'],
    icon: 'search',
    unavailable: inRunView,
    run: (workbench) => {
      workbench.runLayout.searching = true;
      workbench.runLayout.asked++;
    },
  },
];
