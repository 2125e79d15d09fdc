// What happens to a memory region when a cell is created, loaded, started and destroyed: who has it mapped.
// Source: ABI reference, B.5 (steps), B.6 (table of region kinds), B.8 (sub-page regions).
import { isCommRegion, isRootShared, isSubPage, type MemoryRegion } from '../../config/index.ts';
import { gpa, pa } from '../../util/units.ts';
import { accessOf, mayUseHugePages, regionsOf, type Cell, type RegionView } from '../cell/cell.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import { subPageHandler } from '../mmio/subpage.ts';

/** Backed by the cell's own page or left with the root: nothing changes hands. */
const changesHands = (region: MemoryRegion): boolean => !isCommRegion(region) && !isRootShared(region);

/** The region becomes part of the cell's view. 0 or -ENOMEM. */
export function mapIntoCell(hv: Hypervisor, cell: Cell, view: RegionView): number {
  const { region, virtual, physical, size } = view;
  if (size === 0) return 0;
  if (isSubPage(region) && !isCommRegion(region)) {
    registerSubPage(hv, cell, view);
    return 0;
  }
  const backing = isCommRegion(region) ? cell.comm.page : physical;
  return cell.stage2.map(virtual, backing, size, accessOf(region), mayUseHugePages(region)) ? 0 : -ERRNO.ENOMEM;
}

function registerSubPage(hv: Hypervisor, cell: Cell, view: RegionView): void {
  hv.registerMmio(cell, {
    start: view.virtual,
    size: view.size,
    name: `memory region ${view.index}`,
    region: view.index,
    handler: subPageHandler(view, {
      bus: hv.machine.bus,
      print: (text) => hv.print(text),
      refused: (access, of, rule) => hv.explain.subPageRefused(access, of, rule),
    }),
  });
}

/** The cell's view of the region goes; a sub-page region has no mapping of its own. */
export function unmapFromCell(cell: Cell, { region, virtual, size }: RegionView): void {
  if (size > 0 && (!isSubPage(region) || isCommRegion(region))) cell.stage2.unmap(virtual, size);
}

/** A new cell takes the region from the root, at its identity address. 0 or -ENOMEM. */
export function takeFromRoot(hv: Hypervisor, view: RegionView): number {
  return changesHands(view.region) ? removeFromRoot(hv, view) : 0;
}

/** As takeFromRoot(), whatever the flags say: at CELL_START for LOADABLE regions. */
export function removeFromRoot({ rootCell }: Hypervisor, { region, physical, size }: RegionView): number {
  if (size === 0) return 0;
  if (isSubPage(region)) {
    const window = rootCell.mmio.find(physical, 1);
    if (window?.region !== undefined) rootCell.mmio.unregister(window);
    return 0;
  }
  return rootCell.stage2.unmap(gpa(physical), size) ? 0 : -ERRNO.ENOMEM;
}

/** A destroyed cell's region goes back, where the root's configuration covers it. 0 or -ENOMEM. */
export function returnToRoot(hv: Hypervisor, view: RegionView): number {
  return changesHands(view.region) ? lendToRoot(hv, view) : 0;
}

/** As returnToRoot(), whatever the flags say: for LOADABLE regions while a cell can be loaded. */
export function lendToRoot(hv: Hypervisor, { physical, size }: RegionView): number {
  for (const root of regionsOf(hv.rootCell.config)) {
    const start = Math.max(physical, root.physical);
    const end = Math.min(physical + size, root.physical + root.size);
    if (start >= end) continue;
    const failed = isSubPage(root.region)
      ? reopenSubPage(hv, root)
      : !hv.rootCell.stage2.map(
          gpa(root.virtual + (start - root.physical)),
          pa(start),
          end - start,
          accessOf(root.region),
          mayUseHugePages(root.region),
        );
    if (failed) return -ERRNO.ENOMEM;
  }
  return 0;
}

/** A sub-page region of the root that a cell had taken away. */
function reopenSubPage(hv: Hypervisor, root: RegionView): false {
  if (!hv.rootCell.mmio.windows.some(({ region }) => region === root.index)) registerSubPage(hv, hv.rootCell, root);
  return false;
}
