// Commands of the board view.
import type { Workbench } from '../state/workbench.svelte.ts';
import { removeCell, removeRegion } from '../board/edits.ts';
import type { Command } from './table.ts';
import { goToProblem } from '../board/goToProblem.ts';
import { groupingOf, openSource, sourceIsOpen } from '../board/panes.ts';
import { problemBeside } from '../board/problemRows.ts';
import { needsProject, needsScenario } from './available.ts';

const onBoard = (workbench: Workbench): string | undefined =>
  needsScenario(workbench) ?? (workbench.view === 'board' ? undefined : 'This works in the board view.');

const onPlan = (workbench: Workbench): string | undefined =>
  onBoard(workbench) ?? (workbench.board.mode === 'plan' ? undefined : 'This works on the plan.');

const ZOOM_STEP = 1.3;

const walk = (id: string, title: string, keys: string, step: 1 | -1): Command => ({
  id,
  title,
  keys: [keys],
  unavailable: (workbench) =>
    needsProject(workbench) ?? (workbench.project!.problems.list.length > 0 ? undefined : 'There are no problems.'),
  run: (workbench) => {
    const project = workbench.project!;
    const next = problemBeside(project.problems.list, groupingOf(project), workbench.board.problem, step);
    if (next) goToProblem(workbench, project, next);
  },
});

export const boardCommands: readonly Command[] = [
  {
    id: 'board.newCell',
    title: 'Board: new cell',
    icon: 'plus',
    unavailable: needsScenario,
    run: (workbench) => {
      workbench.view = 'board';
      workbench.overlay = 'new-cell';
    },
  },
  {
    id: 'board.table',
    title: 'Board: read as a table, or as a plan',
    keys: ['T'],
    icon: 'table',
    unavailable: onBoard,
    run: (workbench) => {
      workbench.board.mode = workbench.board.mode === 'plan' ? 'table' : 'plan';
    },
  },
  {
    id: 'board.source',
    title: 'Board: show or hide the source',
    keys: ['S'],
    icon: 'code',
    unavailable: (workbench) =>
      needsProject(workbench) ?? (workbench.view === 'board' ? undefined : 'This works in the board view.'),
    run: (workbench) => openSource(workbench.project!, !sourceIsOpen(workbench.project!)),
  },
  walk('problems.next', 'Problems: next', 'F8', 1),
  walk('problems.previous', 'Problems: previous', 'Shift+F8', -1),
  {
    id: 'board.moveCpu',
    title: 'Board: move the selected CPU to a cell',
    keys: ['M'],
    icon: 'chip',
    unavailable: (workbench) =>
      onBoard(workbench) ?? (workbench.board.selection?.kind === 'cpu' ? undefined : 'Select a CPU first.'),
    run: (workbench) => {
      workbench.overlay = 'move-cpu';
    },
  },
  {
    id: 'board.zoomIn',
    title: 'Board: zoom in',
    keys: ['+', '='],
    unavailable: onPlan,
    run: (workbench) => workbench.board.zoomBy(ZOOM_STEP),
  },
  {
    id: 'board.zoomOut',
    title: 'Board: zoom out',
    keys: ['-'],
    unavailable: onPlan,
    run: (workbench) => workbench.board.zoomBy(1 / ZOOM_STEP),
  },
  {
    id: 'board.zoomFit',
    title: 'Board: show everything',
    keys: ['0'],
    unavailable: onPlan,
    run: (workbench) => workbench.board.zoomFit(),
  },
  {
    id: 'board.remove',
    title: 'Board: remove the selected region or cell',
    keys: ['Delete', 'Backspace'],
    icon: 'trash',
    unavailable: (workbench) => {
      const kind = workbench.board.selection?.kind;
      return (
        onBoard(workbench) ?? (kind === 'region' || kind === 'cell' ? undefined : 'Select a region or a cell first.')
      );
    },
    run: (workbench) => {
      const { selection } = workbench.board;
      const project = workbench.project!;
      if (selection?.kind === 'region') removeRegion(project, selection.cell, selection.index);
      if (selection?.kind === 'cell') removeCell(project, selection.cell);
      workbench.board.select(undefined);
    },
  },
  {
    id: 'board.deselect',
    title: 'Board: clear the selection',
    keys: ['Escape'],
    unavailable: (workbench) => onBoard(workbench) ?? (workbench.board.selection ? undefined : 'Nothing is selected.'),
    run: (workbench) => workbench.board.select(undefined),
  },
];
