// From an event to the place in the configuration that it is about.
import type { RunEvent } from '../../engine/contract/index.ts';
import { hex } from '../format/address.ts';
import type { OpenProject } from '../state/project.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';

export const hasTarget = ({ target }: RunEvent): boolean =>
  target !== undefined && (target.address !== undefined || target.field !== undefined || target.cell !== undefined);

/** Opens the board view with the region, the address or the cell selected that the event points at. */
export function showTarget(workbench: Workbench, project: OpenProject, event: RunEvent): void {
  const { target } = event;
  if (!target) return;
  const entry = project.cells.find((cell) => cell.key === target.file || cell.name === target.cell);
  const region = /^memoryRegions\[(\d+)\]/.exec(target.field ?? '');
  workbench.view = 'board';
  workbench.board.mode = 'plan';
  if (entry && region && entry.cell.memoryRegions[Number(region[1])]) {
    workbench.board.select({ kind: 'region', cell: entry.key, index: Number(region[1]) }, true);
  } else if (target.address !== undefined && /^0x[0-9a-f]+$/i.test(target.address)) {
    const address = BigInt(target.address);
    workbench.board.select({ kind: 'address', address, note: event.sentence || hex(address) }, true);
  } else if (entry) workbench.board.select({ kind: 'cell', cell: entry.key }, true);
}
