// Commands of the board view.
import type { Workbench } from '../state/workbench.svelte.ts';
import { nudgeRegion, removeCell, removeRegion } from '../board/edits.ts';
import { PAGE } from '../board/regionEdit.ts';
import type { Grip } from '../board/regionEdit.ts';
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

const MEGABYTE = 0x10_0000n;

/** By keyboard what dragging does: a page at a time, or with Mod a mebibyte. */
const nudge = (id: string, title: string, keys: string, grip: Grip, by: bigint): Command => ({
  id,
  title: `Region: ${title}`,
  keys: [keys],
  unavailable: (workbench) =>
    onBoard(workbench) ?? (workbench.board.selection?.kind === 'region' ? undefined : 'Select a region first.'),
  run: (workbench) => {
    const { selection } = workbench.board;
    if (selection?.kind !== 'region') return;
    if (!nudgeRegion(workbench.project!, selection.cell, selection.index, grip, by))
      workbench.notices.show('info', 'It cannot go there: whole pages only, at least one, inside the address space.');
    workbench.board.select(selection, true);
  },
});

const nudges: readonly Command[] = [
  nudge('region.later', 'move down by a page', 'Alt+ArrowDown', 'whole', PAGE),
  nudge('region.earlier', 'move up by a page', 'Alt+ArrowUp', 'whole', -PAGE),
  nudge('region.grow', 'end a page later', 'Alt+Shift+ArrowDown', 'end', PAGE),
  nudge('region.shrink', 'end a page earlier', 'Alt+Shift+ArrowUp', 'end', -PAGE),
  nudge('region.laterFar', 'move down by 1 MiB', 'Mod+Alt+ArrowDown', 'whole', MEGABYTE),
  nudge('region.earlierFar', 'move up by 1 MiB', 'Mod+Alt+ArrowUp', 'whole', -MEGABYTE),
  nudge('region.growFar', 'end 1 MiB later', 'Mod+Alt+Shift+ArrowDown', 'end', MEGABYTE),
  nudge('region.shrinkFar', 'end 1 MiB earlier', 'Mod+Alt+Shift+ArrowUp', 'end', -MEGABYTE),
];

export const boardCommands: readonly Command[] = [
  ...nudges,
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
